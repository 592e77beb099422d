#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "base/clock.h"
#include "base/move_only_function.h"

namespace bobbin::feed {

class Feed;

/// Readers who wait for a record. Each costs an entry here, and neither a thread nor a timer. Thread: one at
/// a time.
class WaitingReaders {
 public:
  /// Lets a reader go on, and must not wait itself.
  using GoOn = MoveOnlyFunction<void(Feed&)>;
  /// A reader who waits: when it is to go on although nothing has come, and a number.
  using Place = std::pair<Instant, std::uint64_t>;
  using Readers = std::map<Place, GoOn>;

  Place add(Instant due, GoOn go_on);
  /// Of one who has gone. Harmless when it waits no more.
  [[nodiscard]] Readers::node_type take(const Place& place) { return readers_.extract(place); }
  [[nodiscard]] Readers take_all() { return std::exchange(readers_, {}); }
  /// Those who are to go on by now.
  [[nodiscard]] Readers take_due(Instant now);
  [[nodiscard]] std::size_t size() const { return readers_.size(); }

 private:
  Readers readers_;
  std::uint64_t last_number_ = 0;
};

}  // namespace bobbin::feed

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace bobbin::store {

/// When a store that a failed sync has closed is to prove itself. After three proofs it is given up: those
/// that have failed count, and those behind which it has closed again within an hour. Thread: one at a time.
class ReopenSchedule {
 public:
  using Pauses = std::array<Duration, 3>;  ///< before each of the proofs
  static constexpr Pauses kPauses = {seconds(1), seconds(10), seconds(60)};
  static constexpr Duration kTrust = std::chrono::hours(1);

  explicit ReopenSchedule(const Pauses& pauses) : pauses_(pauses) {}

  enum class Step : std::uint8_t {
    wait,
    prove,    ///< a proof is to begin now
    give_up,  ///< told once
  };
  /// Must be called once a second while the store is closed and no proof is under way.
  [[nodiscard]] Step next(Instant now);
  /// The proof was good: the store is open.
  void passed(Instant now);
  /// It was not. Nothing: the store is given up. Otherwise how long it is until the next one.
  [[nodiscard]] std::optional<Duration> failed(Instant now);
  /// Nothing was learned of the disk, as where there was no space: it does not count, and the next one comes
  /// after the first pause.
  void put_off(Instant now);

 private:
  const Pauses pauses_;
  std::size_t proofs_ = 0;       // that count
  std::optional<Instant> next_;  // while the store is closed
  Instant passed_;               // the last time
  bool is_given_up_ = false;
};

}  // namespace bobbin::store

#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace bobbin::inbox {

/// For how long numbers of a stream have been missing, while later ones were there. Thread: one at a time.
class MissingNumbers {
 public:
  /// A list of the objects behind the number `cursor` was asked for at `now`, and the last of them was
  /// `last`. Numbers through `cursor` are not asked for again.
  void saw(std::uint64_t cursor, std::uint64_t last, Instant now);
  /// Since when a later number than this one has been there, which itself is not; `now`, if none was seen.
  [[nodiscard]] Instant missing_since(std::uint64_t number, Instant now) const;

 private:
  struct Sight {
    std::uint64_t last;
    Instant at;
  };
  std::vector<Sight> sights_;  // each with a greater number than the one before
};

}  // namespace bobbin::inbox

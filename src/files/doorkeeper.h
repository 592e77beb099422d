#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bobbin::files {

/// Lets into a cache only what has been asked for before: a client that walks through all files, each once,
/// displaces nothing. Remembers hashes in a table of fixed size. A hash may lie in any of the four places of
/// its set, and a new one takes the place of the one in its set that was seen the longest ago: so files that
/// are asked for in turn do not keep each other out, unless there are far more of them than places.
class Doorkeeper {
 public:
  /// `places`: at least kWays.
  explicit Doorkeeper(std::size_t places) : sets_(std::bit_ceil(places) / kWays) {}

  /// Whether this hash was here before. Now it was.
  [[nodiscard]] bool has_seen(std::uint64_t hash) {
    Set& set = sets_[hash & (sets_.size() - 1)];
    // The lower half chose the set. 0 is an empty place.
    const auto mark = static_cast<std::uint32_t>(hash >> 32) | 1U;
    const auto found = std::ranges::find(set, mark);
    const bool seen = found != set.end();
    std::move_backward(set.begin(), seen ? found : set.end() - 1, seen ? found + 1 : set.end());
    set.front() = mark;
    return seen;
  }
  [[nodiscard]] std::size_t size_bytes() const { return sets_.size() * sizeof(Set); }

 private:
  static constexpr std::size_t kWays = 4;
  using Set = std::array<std::uint32_t, kWays>;  // seen last first
  std::vector<Set> sets_;
};

}  // namespace bobbin::files

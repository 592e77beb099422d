#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bobbin::files {

/// Counts how often of late each hash was asked for, so that a cache lets in only what is worth a place: a
/// client that walks through all files, each once, displaces nothing (TinyLFU, Einziger and others, 2017).
/// Remembers hashes in a table of fixed size. A hash may lie in any of the four places of its set. When all
/// are taken, a new one takes one of them at random: of files that are asked for in turn, far more than there
/// are places for, some are remembered each time round, where a fixed rule would keep out the same ones, or
/// all of them, for ever.
class Doorkeeper {
 public:
  static constexpr unsigned kMostUses = 255;

  /// `places`: at least kWays.
  explicit Doorkeeper(std::size_t places) : sets_(std::bit_ceil(places) / kWays) {}

  /// Notes that this hash was asked for. Returns how often that was, this time included: from 1 to kMostUses.
  unsigned count(std::uint64_t hash) {
    Set& set = sets_[hash & (sets_.size() - 1)];
    const auto mark = static_cast<std::uint32_t>(hash >> 32) & ~kUses;  // the lower half chose the set
    for (std::uint32_t& place : set) {
      if ((place & ~kUses) != mark) continue;
      place = mark | std::min((place & kUses) + 1, kMostUses);
      return place & kUses;
    }
    const auto empty = std::ranges::find(set, 0U);
    (empty != set.end() ? *empty : set[random_way()]) = mark | 1;
    return 1;
  }
  /// Halves all counts, so that what was asked for long ago counts less than what is asked for now.
  void age() {
    for (Set& set : sets_)
      for (std::uint32_t& place : set) place = (place & ~kUses) | ((place & kUses) >> 1);
  }
  [[nodiscard]] std::size_t size_bytes() const { return sets_.size() * sizeof(Set); }

 private:
  static constexpr std::size_t kWays = 4;
  static constexpr std::uint32_t kUses =
      kMostUses;                                 // the bits of a place that count; the others are the mark
  using Set = std::array<std::uint32_t, kWays>;  // 0 is an empty place

  /// From a linear congruential generator (Knuth's MMIX).
  std::size_t random_way() {
    random_ = random_ * 6364136223846793005U + 1442695040888963407U;
    return random_ >> 62;
  }

  std::vector<Set> sets_;
  std::uint64_t random_ = 0;
};

}  // namespace bobbin::files

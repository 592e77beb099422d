#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace bobbin::bench {

/// Counts of durations in nanoseconds, each in a bucket at most 1/64 wide of its value: quantiles are exact
/// to 1.6 %, whatever the range, and recording costs an increment.
class Histogram {
 public:
  void add(std::uint64_t nanoseconds, std::uint64_t times = 1) {
    buckets_[bucket_of(nanoseconds)] += times;
    total_ += times;
  }

  /// The least value that at least `share` of all values do not exceed (the upper edge of its bucket); 0 when
  /// empty.
  std::uint64_t quantile(double share) const {
    const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > 0 && seen >= rank) return upper_edge(i);
    }
    return 0;
  }

 private:
  static constexpr std::size_t kBits = 6;
  static constexpr std::size_t kPerOctave = std::size_t{1} << kBits;

  /// Values below 64 have a bucket each; above, every power of two is divided into 64.
  static std::size_t bucket_of(std::uint64_t value) {
    if (value < kPerOctave) return value;
    const auto shift = static_cast<std::size_t>(std::bit_width(value)) - kBits - 1;
    return shift * kPerOctave + (value >> shift);
  }

  static std::uint64_t upper_edge(std::size_t bucket) {
    if (bucket < 2 * kPerOctave) return bucket;
    const std::size_t shift = bucket / kPerOctave - 1;
    return ((bucket - shift * kPerOctave + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (64 - kBits + 1) * kPerOctave> buckets_{};
  std::uint64_t total_ = 0;
};

}  // namespace bobbin::bench

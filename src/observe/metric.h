#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bobbin::observe {

/// What a published number is about, in the words of OpenMetrics. Constants of this type stand beside the
/// code that counts.
struct Metric {
  std::string_view name;  ///< "bobbin_documents_stored_total": with its unit; of a counter, with `_total`
  std::string_view help;  ///< a sentence without its full stop

  friend bool operator==(const Metric&, const Metric&) = default;
};

/// The upper bounds of a histogram's buckets, in whole numbers that rise. What is above the last one counts,
/// too.
struct Buckets {
  std::span<const std::int64_t> bounds;
  double per_unit;  ///< of these, how many are one of what is published: 1e9 where they are nanoseconds
};

inline constexpr std::array<std::int64_t, 12> kLatencyBounds{
    100'000,     500'000,     1'000'000,     5'000'000,     10'000'000,     50'000'000,
    100'000'000, 250'000'000, 1'000'000'000, 2'500'000'000, 10'000'000'000, 60'000'000'000};
/// From 100 microseconds to a minute, of numbers in nanoseconds.
inline constexpr Buckets kLatencyBuckets{.bounds = kLatencyBounds, .per_unit = 1e9};

inline constexpr std::array<std::int64_t, 8> kBatchBounds{1, 2, 4, 8, 16, 32, 64, 256};
/// For how many are done at once.
inline constexpr Buckets kBatchBuckets{.bounds = kBatchBounds, .per_unit = 1};

/// `name="value"`, with what must not stand in a value escaped (OpenMetrics 1.0, "Escaping").
[[nodiscard]] std::string label(std::string_view name, std::string_view value);

}  // namespace bobbin::observe

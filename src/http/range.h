#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace bobbin::http {

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  ///< never 0, never past the end
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

struct RangeSelection {
  enum class Kind : std::uint8_t {
    whole,          ///< ignore the field, answer 200: unknown unit, malformed, or not worth it
    partial,        ///< 206 with `ranges`, in the order asked for
    unsatisfiable,  ///< 416
  };
  Kind kind = Kind::whole;
  std::vector<ByteRange> ranges;
};

/// Selects parts of a representation of `size` bytes (RFC 9110 §14.1.2, §14.2). More than kMaximumRanges, or
/// ranges that together hold more bytes than the representation (§14.2 and §17.15: overlapping ranges are an
/// attack), select the whole.
inline constexpr std::size_t kMaximumRanges = 16;
[[nodiscard]] RangeSelection select_ranges(std::string_view field, std::uint64_t size);

}  // namespace bobbin::http

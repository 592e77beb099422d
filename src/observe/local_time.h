#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace bobbin::observe {

/// One second of local time, in the forms of the log. Their lengths are constant: 64 bits of nanoseconds do
/// not leave the years of four digits.
struct LocalSecond {
  std::int64_t since_epoch;
  std::array<char, 22> line;    ///< "[2024-03-15 10:30:00] "
  std::array<char, 28> apache;  ///< "[15/Mar/2024:10:30:00 +0100]"
  std::array<char, 19> date;    ///< "2024-03-15T10:30:00" (RFC 3339, the part before the fraction)
  std::array<char, 6> offset;   ///< "+01:00"
};

template <std::size_t Length>
constexpr std::string_view text_of(const std::array<char, Length>& field) {
  return {field.data(), Length};
}

/// The second that `time` is in. Valid until the thread's next call, which is cheap for the same second.
[[nodiscard]] const LocalSecond& local_second(WallTime time);

}  // namespace bobbin::observe

#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace bobbin::http {

/// How long to wait from `now` on, as a Retry-After field says (RFC 9110 §10.2.3): a number of seconds, or a
/// date in one of the three formats; one that has passed means no wait. At most kLongestRetryAfter, whatever
/// it says. Nothing: it says something else.
[[nodiscard]] std::optional<seconds> parse_retry_after(std::string_view value, WallTime now);

/// Of what a stranger asks for, no more is believed.
inline constexpr seconds kLongestRetryAfter = std::chrono::hours(24);

}  // namespace bobbin::http

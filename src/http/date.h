#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace bobbin::http {

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7, IMF-fixdate). Fractions of a second are dropped (floor).
[[nodiscard]] std::string format_date(WallTime time);

/// Any of the three formats a recipient must accept (RFC 9110 §5.6.7). `now` settles the century of the
/// two-digit year (more than 50 years ahead means the past). Nothing for anything else.
[[nodiscard]] std::optional<WallTime> parse_date(std::string_view text, WallTime now);

}  // namespace bobbin::http

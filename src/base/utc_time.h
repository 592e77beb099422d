#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

// Moments as text, in UTC, to the microsecond. Not fmt's: as of version 9 it takes a moment to the time zone
// of the process, and not to UTC. Any thread; nothing here looks at the environment.
namespace bobbin {

/// RFC 3339 §5.6, such as `2026-11-29T03:10:00.123456Z`. What is finer than a microsecond is cut off.
[[nodiscard]] std::string utc_text(WallTime time);
/// Reads what utc_text writes, and no other spelling. Nothing: there is no such moment, or a WallTime, which
/// reaches from 1970 to 2261 here, cannot hold it.
[[nodiscard]] std::optional<WallTime> utc_time_of(std::string_view text);

/// The same without what a file's name can do without (ISO 8601-1, the basic format):
/// `20261129T031000.123456Z`.
[[nodiscard]] std::string utc_name(WallTime time);
/// Reads what utc_name writes, as utc_time_of does.
[[nodiscard]] std::optional<WallTime> utc_time_of_name(std::string_view name);

}  // namespace bobbin

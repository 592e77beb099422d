#pragma once

#include <cstdint>
#include <string_view>

#include "observe/event_list.h"

namespace bobbin::observe {

enum class LogLevel : std::uint8_t { error, warning, info, debug };

#define BOBBIN_EVENT_NAME(level, name) name,
/// The kind of a message, which says how serious it is. A message may be worded anew; its event stays the
/// same.
enum class Event : std::uint8_t { BOBBIN_EVENTS(BOBBIN_EVENT_NAME) };
#undef BOBBIN_EVENT_NAME

[[nodiscard]] LogLevel level_of(Event event);
/// "reload_refused"
[[nodiscard]] std::string_view name_of(Event event);

/// "warning"
[[nodiscard]] std::string_view name_of(LogLevel level);

}  // namespace bobbin::observe

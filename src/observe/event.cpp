#include "observe/event.h"

#include <cstddef>

namespace bobbin::observe {
namespace {

struct Traits {
  LogLevel level;
  std::string_view name;
};

#define BOBBIN_EVENT_TRAITS(level, name) {LogLevel::level, #name},
constexpr Traits kTraits[] = {BOBBIN_EVENTS(BOBBIN_EVENT_TRAITS)};
#undef BOBBIN_EVENT_TRAITS

}  // namespace

LogLevel level_of(Event event) { return kTraits[static_cast<std::size_t>(event)].level; }

std::string_view name_of(Event event) { return kTraits[static_cast<std::size_t>(event)].name; }

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::error: return "error";
    case LogLevel::warning: return "warning";
    case LogLevel::info: return "info";
    case LogLevel::debug: return "debug";
  }
  return {};
}

}  // namespace bobbin::observe

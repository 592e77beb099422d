#pragma once

#include "observe/event.h"

namespace bobbin::observe {

/// Of syslog(3), and so of the journal (RFC 5424 §6.2.1).
[[nodiscard]] constexpr int severity_of(LogLevel level) {
  switch (level) {
    case LogLevel::error: return 3;
    case LogLevel::warning: return 4;
    case LogLevel::info: return 6;
    case LogLevel::debug: return 7;
  }
  return 7;
}

}  // namespace bobbin::observe

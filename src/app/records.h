#pragma once

#include "app/parse_configuration.h"

namespace bobbin::app {

/// There is no record, or what was asked for could not be done with one of them.
inline constexpr int kExitNone = 1;

/// Does what `bobbin inbox ls`, `next`, `work`, `forward`, `drain`, `pull`, `done`, `fail`, `replay` or
/// `reclaim` was asked for. Returns the exit status: 0, kExitNone, or kExitUsage for a folder that cannot be
/// used and a command that cannot be started.
[[nodiscard]] int records(const Records& request);

}  // namespace bobbin::app

#pragma once

#include "app/parse_configuration.h"

namespace bobbin::app {

inline constexpr int kExitWrong = 1;  ///< something is wrong in the journal, or was lost

/// Does what `bobbin inbox` was asked for and prints what was found. Returns the exit status: 0, kExitWrong,
/// or kExitUsage for a folder that cannot be used.
[[nodiscard]] int inbox(const Inbox& request);

}  // namespace bobbin::app

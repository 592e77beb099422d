#pragma once

#include "app/parse_configuration.h"

namespace bobbin::app {

inline constexpr int kExitFlagged = 1;  ///< of an audit that has flagged something

/// Prints what the configured sites would serve, and what of it an operator should look at (docs/audit.md).
/// Opens no port and changes nothing. Returns the exit status.
[[nodiscard]] int audit(const Audit& request);

}  // namespace bobbin::app

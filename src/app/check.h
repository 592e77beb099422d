#pragma once

#include "app/parse_configuration.h"

namespace bobbin::app {

/// --check-config: opens roots, folders and lists as a start would, binds nothing and changes nothing. Prints
/// what it found. Returns the exit status.
[[nodiscard]] int check(const Check& request);

}  // namespace bobbin::app

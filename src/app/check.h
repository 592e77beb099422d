#pragma once

#include "app/parse_configuration.h"

namespace bobbin::app {

/// Carries out --check-config: it opens roots, folders, lists and certificates as a start would, binds
/// nothing, changes nothing, and prints what it found. Returns the exit status.
[[nodiscard]] int check(const Check& request);

}  // namespace bobbin::app

#pragma once

#include "app/parse_configuration.h"

namespace bobbin::app {

/// Prints what the configured server would answer to one request, and why (docs/explain.md). Opens no port
/// and changes nothing. Returns the exit status.
[[nodiscard]] int explain(const Explain& request);

}  // namespace bobbin::app

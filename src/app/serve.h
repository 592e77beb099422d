#pragma once

#include "app/config.h"

namespace bobbin::app {

/// Runs the server until a signal ends it. Returns the exit status: 0 after an orderly stop, 2 when a
/// directory or file that was named cannot be used, 3 after a forced stop, 71 when it cannot listen.
[[nodiscard]] int serve(const Config& config);

}  // namespace bobbin::app

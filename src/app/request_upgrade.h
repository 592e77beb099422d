#pragma once

#include "app/parse_configuration.h"

namespace bobbin::app {

/// Has a server that runs start its successor, and waits until that serves. Returns the exit status: 0 once
/// it does, 1 when the upgrade has failed and the old process serves on, 2 when no server can be found.
[[nodiscard]] int request_upgrade(const RequestUpgrade& request);

}  // namespace bobbin::app

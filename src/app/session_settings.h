#pragma once

#include "app/config.h"
#include "http/session_context.h"

namespace bobbin::app {

/// What the options say about the sessions of the server.
[[nodiscard]] http::SessionSettings session_settings(const ServerConfig& config);

}  // namespace bobbin::app

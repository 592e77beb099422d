#pragma once

#include <vector>

#include "app/config.h"
#include "app/start_failure.h"
#include "base/endpoint.h"
#include "base/result.h"
#include "server/acceptor.h"

namespace bobbin::app {

/// Listens on every configured address, with the configured congestion control.
[[nodiscard]] Result<std::vector<server::Listener>, StartFailure> listen_on_all(const Config& config);

[[nodiscard]] std::vector<Endpoint> addresses_of(const std::vector<server::Listener>& listeners);

}  // namespace bobbin::app

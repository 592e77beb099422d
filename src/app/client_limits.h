#pragma once

#include <memory>

#include "app/config.h"
#include "http/filter.h"
#include "limits/client_limits.h"
#include "observe/registry.h"

namespace bobbin::app {

/// The limits for each client and the filter that holds requests to them. Both are null where nothing is
/// limited.
struct ClientLimiting {
  std::unique_ptr<limits::ClientLimits> limits;
  std::shared_ptr<const http::Filter> filter;
};

/// As they are configured. `registry` outlives what is made.
[[nodiscard]] ClientLimiting make_client_limits(const ServerConfig& config, observe::Registry& registry);

}  // namespace bobbin::app

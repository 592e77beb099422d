#include "app/client_limits.h"

#include "app/option_values.h"
#include "limits/request_limit.h"

namespace bobbin::app {
namespace {

limits::ClientLimitSettings settings_of(const ServerConfig& config) {
  return {.connections = config.client_connections,
          .requests_per_second = config.client_requests,
          .bytes_per_second = config.client_bytes,
          .burst = config.client_burst,
          .exempt = networks_of(config.client_exempt),
          .proxies = networks_of(config.trusted_proxies)};
}

}  // namespace

ClientLimiting::ClientLimiting(const ServerConfig& config, observe::Registry& registry)
    : limits_(std::make_unique<limits::ClientLimits>(settings_of(config))),
      filter_(std::make_shared<limits::RequestLimit>(*limits_, registry, config.threads)) {}

std::shared_ptr<const http::Filter> ClientLimiting::filter_for(const ServerConfig& config) const {
  return settings_of(config).limits_requests() ? filter_ : nullptr;
}

void ClientLimiting::apply(const ServerConfig& config) {
  limits_->replace(settings_of(config), monotonic_now());
}

}  // namespace bobbin::app

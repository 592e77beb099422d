#include "app/client_limits.h"

#include <utility>

#include "limits/request_limit.h"

namespace bobbin::app {

ClientLimiting make_client_limits(const ServerConfig& config, observe::Registry& registry) {
  limits::ClientLimitSettings settings{.connections = config.client_connections,
                                       .requests_per_second = config.client_requests,
                                       .bytes_per_second = config.client_bytes,
                                       .burst = config.client_burst,
                                       .exempt = {}};
  if (!settings.has_any()) return {};
  for (const std::string& text : config.client_exempt)
    if (const auto network = Network::parse(text)) settings.exempt.push_back(*network);
  auto limits = std::make_unique<limits::ClientLimits>(std::move(settings));
  auto filter = std::make_shared<limits::RequestLimit>(*limits, registry, config.threads);
  return {.limits = std::move(limits), .filter = std::move(filter)};
}

}  // namespace bobbin::app

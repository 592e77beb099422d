#include "app/client_limits.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <functional>
#include <string>

#include "app/option_values.h"

namespace bobbin::app {
namespace {

/// A limit of a rule: for each client, or for each user.
struct RuleLimit {
  std::string_view whose;
  limits::RequestRate rate;
  [[nodiscard]] bool is_any() const { return rate.requests_per_second > 0; }
};
RuleLimit client_limit_of(const RuleConfig& rule) {
  return {"client", {.requests_per_second = rule.client_requests, .burst = rule.client_burst}};
}
RuleLimit user_limit_of(const RuleConfig& rule) {
  return {"user", {.requests_per_second = rule.user_requests, .burst = rule.user_burst}};
}

/// Another one when the paths or the limit become other ones, and the same from reload to reload.
limits::LimitedPaths limited_paths(const SiteConfig& site, const RuleConfig& rule, const RuleLimit& limit) {
  const std::string text =
      fmt::format("{} {} {} {} {} {} {}", limit.whose, site.is_default, fmt::join(site.names, " "),
                  fmt::join(rule.paths, " "), fmt::join(rule.methods, " "), limit.rate.requests_per_second,
                  limit.rate.burst.count());
  const auto hash = static_cast<std::uint32_t>(std::hash<std::string>()(text));
  return static_cast<limits::LimitedPaths>(std::max<std::uint32_t>(hash, 1));
}

limits::ClientLimitSettings limits_of(const Config& config) {
  const ServerConfig& server = config.server;
  limits::ClientLimitSettings settings{.connections = server.client_connections,
                                       .requests_per_second = server.client_requests,
                                       .bytes_per_second = server.client_bytes,
                                       .burst = server.client_burst,
                                       .exempt = networks_of(server.client_exempt),
                                       .proxies = networks_of(server.trusted_proxies)};
  for (const SiteConfig& site : config.sites)
    for (const RuleConfig& rule : site.rules)
      for (const RuleLimit& limit : {client_limit_of(rule), user_limit_of(rule)})
        if (limit.is_any()) settings.rates[limited_paths(site, rule, limit)] = limit.rate;
  return settings;
}

}  // namespace

ClientLimiting::ClientLimiting(const Config& config, observe::Registry& registry)
    : limits_(std::make_unique<limits::ClientLimits>(limits_of(config))),
      filter_(std::make_shared<limits::RequestLimit>(*limits_, registry, config.server.threads)) {}

std::shared_ptr<const http::Filter> ClientLimiting::filter_for(const Config& config) const {
  return limits_of(config).limits_requests() ? filter_ : nullptr;
}

std::shared_ptr<const http::Filter> ClientLimiting::filter_for(const SiteConfig& site,
                                                               const RuleConfig& rule) const {
  const RuleLimit limit = client_limit_of(rule);
  if (!limit.is_any()) return nullptr;
  return std::make_shared<const limits::PathRequestLimit>(filter_, limited_paths(site, rule, limit));
}

std::shared_ptr<const http::Filter> ClientLimiting::user_filter_for(const SiteConfig& site,
                                                                    const RuleConfig& rule) const {
  const RuleLimit limit = user_limit_of(rule);
  if (!limit.is_any()) return nullptr;
  return std::make_shared<const limits::UserRequestLimit>(filter_, limited_paths(site, rule, limit));
}

void ClientLimiting::apply(const Config& config) { limits_->replace(limits_of(config), monotonic_now()); }

}  // namespace bobbin::app

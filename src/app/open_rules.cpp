#include "app/open_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "app/option_values.h"
#include "http/filters/client_addresses.h"
#include "http/filters/client_certificates.h"
#include "http/method.h"

namespace bobbin::app {
namespace {

std::pair<std::string, std::string> name_and_value(const std::string& field) {
  const std::size_t colon = field.find(": ");
  return {field.substr(0, colon), field.substr(colon + 2)};
}

/// "bobbin.toml:3:1: [[site.rule]] for /docs/** (GET, POST)"
std::string title_of(const RuleConfig& config) {
  std::string title = fmt::format("{} for {}", config.place, fmt::join(config.paths, ", "));
  if (!config.methods.empty()) title += fmt::format(" (method {})", fmt::join(config.methods, ", "));
  if (!config.statuses.empty()) title += fmt::format(" (status {})", fmt::join(config.statuses, ", "));
  return title;
}

http::FileRules file_rules_of(const RuleConfig& config) {
  http::FileRules rules;
  if (config.download != Download::automatic) rules.attachment = config.download == Download::on;
  if (config.compression) rules.compression = *config.compression;
  if (config.stored_coding) rules.stored_coding = *config.stored_coding;
  return rules;
}

/// The rule without its guards, and without what it says of Cache-Control: that is a rule of its own, since
/// the status and the errors that this one names do not matter to it.
http::SiteRule rule_of(const RuleConfig& config) {
  http::SiteRule rule{.title = title_of(config),
                      .paths = path_patterns_of(config.paths),
                      .on_errors = config.on_errors,
                      .remove = config.remove,
                      .origins = config.origins};
  for (const std::string& method : config.methods) {
    const http::Method known = http::recognize_method(method);
    rule.methods.push_back(known == http::Method::head ? http::Method::get : known);
  }
  for (const std::string& status : config.statuses) rule.statuses.push_back(status_or_class(status));
  for (const std::string& field : config.set) rule.set.push_back(name_and_value(field));
  for (const std::string& field : config.add) rule.add.push_back(name_and_value(field));
  rule.files = file_rules_of(config);
  return rule;
}

http::SiteRule cache_rule(const std::vector<std::string>& paths, const std::string& value,
                          std::string title) {
  return {.title = std::move(title), .paths = path_patterns_of(paths), .set = {{"Cache-Control", value}}};
}

}  // namespace

std::shared_ptr<const http::Filter> address_guard(const std::vector<std::string>& allowed,
                                                  const std::vector<std::string>& denied) {
  if (allowed.empty() && denied.empty()) return nullptr;
  return std::make_shared<const http::filters::ClientAddresses>(networks_of(allowed), networks_of(denied));
}

std::shared_ptr<const http::Filter> certificate_guard(const std::vector<std::string>& allowed) {
  if (allowed.empty()) return nullptr;
  return std::make_shared<const http::filters::ClientCertificates>(allowed);
}

Result<std::shared_ptr<const http::SiteRules>, std::string> open_rules(const SiteConfig& config,
                                                                       const Guards& site,
                                                                       executor::Executor& executor,
                                                                       const ClientLimiting* client_limiting,
                                                                       const std::string& exempt) {
  if (config.rules.empty() && config.immutable.empty()) return nullptr;
  std::vector<http::SiteRule> rules;
  rules.push_back(
      {.clients = site.clients, .certificates = site.certificates, .authentication = site.authentication});
  if (!config.immutable.empty())
    rules.push_back(cache_rule(config.immutable, "public, max-age=31536000, immutable",
                               fmt::format("--immutable {}", fmt::join(config.immutable, ", "))));
  for (const RuleConfig& each : config.rules) {
    if (each.origins.size() > http::SiteRules::kMostOrigins)
      return failure(fmt::format("{}: cors: {} origins are too many for one rule; {} are allowed", each.place,
                                 each.origins.size(), http::SiteRules::kMostOrigins));
    http::SiteRule rule = rule_of(each);
    if (auto guard = address_guard(each.allowed_clients, each.denied_clients))
      rule.clients = std::move(guard);
    if (auto guard = certificate_guard(each.allowed_certificates)) rule.certificates = std::move(guard);
    if (client_limiting != nullptr) {
      if (auto guard = client_limiting->filter_for(config, each)) rule.requests = std::move(guard);
      if (auto guard = client_limiting->user_filter_for(config, each)) rule.user_requests = std::move(guard);
    }
    auto authentication = TRY(open_authentication(secrets_of(each), executor, exempt));
    if (authentication || each.is_open) rule.authentication = std::move(authentication);
    if (!each.cache_control.empty()) {
      rules.push_back(cache_rule(each.paths, each.cache_control, ""));
      rules.back().methods = rule.methods;
    }
    rules.push_back(std::move(rule));
  }
  if (rules.size() > http::SiteRules::kMost)
    return failure(
        fmt::format("[[site.rule]]: {} rules are too many for one site; {} are allowed, and one that "
                    "sets cache_control counts twice",
                    rules.size() - 1, http::SiteRules::kMost - 1));
  return std::make_shared<const http::SiteRules>(std::move(rules));
}

}  // namespace bobbin::app

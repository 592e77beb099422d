#include "app/check_tls.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string_view>
#include <utility>

#include "app/open_tls.h"

namespace bobbin::app {
namespace {

/// Whether the operator has switched TLS off here. What is said of it may then stay, unused, until it is on
/// again.
bool is_off(const ListenerConfig& listener) { return listener.tls == Tls::off; }

/// Whether this listener uses what is said of TLS elsewhere, or the operator has decided that it does not.
bool is_decided(const ListenerConfig& listener) { return is_secured(listener) || is_off(listener); }

/// Of a listener without TLS that nobody has switched off.
Result<void, std::string> check_plain(const ListenerConfig& listener) {
  const ListenerConfig defaults;
  const std::pair<std::string_view, bool> said[] = {
      {"--tls-key", !listener.keys.empty()},
      {"--tls-client-ca", !listener.client_ca.empty()},
      {"--tls-client-certificates", listener.client_certificates.has_value()},
      {"--tls-policy", listener.tls_policy != defaults.tls_policy}};
  for (const auto& [option, is_said] : said)
    if (is_said)
      return failure(
          fmt::format("{}: the listener has no certificate, and so no TLS; --tls-certificate FILE is needed "
                      "(in a [[listener]]: certificate), or see --tls",
                      option));
  return {};
}

Result<void, std::string> check_listener(const ListenerConfig& listener) {
  if (listener.redirects_to_https && is_secured(listener))
    return failure(
        std::string("--redirect-to-https: on is not allowed for a listener with TLS; it is for a listener of "
                    "its own ([[listener]]) at the port for plain HTTP"));
  if (!listener.hsts.empty() && !is_secured(listener))
    return failure(
        std::string("--hsts: the field is for a listener with TLS only (RFC 6797 §7.2); leave it out, or see "
                    "--tls"));
  if (is_off(listener)) return {};
  if (!is_secured(listener)) return check_plain(listener);
  if (listener.client_certificates && listener.client_ca.empty())
    return failure(
        std::string("--tls-client-certificates: clients are not asked for any without --tls-client-ca FILE "
                    "(in a [[listener]]: client_ca), which is needed, or leave it out"));
  return {};
}

/// What serves all listeners with TLS needs at least one of them.
Result<void, std::string> check_shared(const Config& config) {
  if (std::ranges::any_of(config.listeners, is_decided)) return {};
  const auto fault = [](std::string_view option) {
    return failure(
        fmt::format("{}: no listener has TLS; --tls-certificate FILE is needed, or --tls on", option));
  };
  if (!config.server.tls_ticket_keys.empty()) return fault("--tls-ticket-keys");
  for (const SiteConfig& site : config.sites) {
    if (!site.certificates.empty()) return fault("certificate of a [[site]]");
    if (!site.keys.empty()) return fault("key of a [[site]]");
  }
  return {};
}

/// Where nobody is asked for a certificate, nobody shows the one that is asked for here.
Result<void, std::string> check_allowed_certificates(const Config& config) {
  const auto asks = [](const ListenerConfig& listener) { return !listener.client_ca.empty(); };
  if (std::ranges::any_of(config.listeners, asks)) return {};
  const auto fault = [](const std::string& option) {
    return failure(
        fmt::format("{}: no listener asks clients for certificates, so nobody would be let in; "
                    "--tls-client-ca FILE is needed",
                    option));
  };
  for (const SiteConfig& site : config.sites) {
    if (!site.allowed_certificates.empty())
      return fault(site.is_default
                       ? "--allow-certificate"
                       : fmt::format("allow_certificate of the [[site]] {}", fmt::join(site.names, ", ")));
    for (const RuleConfig& rule : site.rules)
      if (!rule.allowed_certificates.empty()) return fault(rule.place + ": allow_certificate");
  }
  return {};
}

}  // namespace

Result<void, std::string> check_tls(const Config& config) {
  for (const ListenerConfig& listener : config.listeners) TRY(check_listener(listener));
  TRY(check_shared(config));
  return check_allowed_certificates(config);
}

}  // namespace bobbin::app

#include "app/explain.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/command_output.h"
#include "app/generation.h"
#include "app/listener_services.h"
#include "app/listeners.h"
#include "app/option_values.h"
#include "app/options.h"
#include "app/session_settings.h"
#include "base/ascii.h"
#include "explain/exchange.h"
#include "explain/report.h"
#include "http/host_policy.h"

namespace bobbin::app {
namespace {

using http::Scheme;

/// The URL of a request, taken apart.
struct Address {
  std::optional<Scheme> scheme;  // nothing: only a path was given
  std::string authority;         // of the Host field
  std::string target;

  [[nodiscard]] std::optional<http::Authority> parsed_authority() const {
    return http::parse_authority(authority);
  }
};

Address address_of(std::string_view url) {
  url = url.substr(0, url.find('#'));
  for (const auto& [prefix, scheme] :
       {std::pair<std::string_view, Scheme>("http://", Scheme::http), {"https://", Scheme::https}}) {
    if (!url.starts_with(prefix)) continue;
    url.remove_prefix(prefix.size());
    const std::size_t end = std::min(url.find_first_of("/?"), url.size());
    const std::string_view target = url.substr(end);
    return {.scheme = scheme,
            .authority = std::string(url.substr(0, end)),
            .target = (target.starts_with('/') ? "" : "/") + std::string(target)};
  }
  return {.scheme = std::nullopt, .authority = {}, .target = std::string(url)};
}

/// The addresses on which the server would listen, and which of the configured listeners each belongs to.
struct Bound {
  std::vector<Endpoint> addresses;
  std::vector<std::size_t> configs;
};

/// A socket that the service manager passes is taken for one at every address and the listener's port.
Bound bound_of(const Config& config) {
  Bound bound;
  for (std::size_t i = 0; i < config.listeners.size(); ++i)
    for (const std::string& bind : config.listeners[i].binds) {
      Endpoint address{.family = Endpoint::Family::unix_socket, .port = 80};  // see Endpoint::port
      if (bind.starts_with(kPassedPrefix))
        address = endpoint_of("0.0.0.0", config.listeners[i].port);
      else if (!bind.starts_with(kUnixPrefix))
        address = endpoint_of(bind, config.listeners[i].port);
      bound.addresses.push_back(address);
      bound.configs.push_back(i);
    }
  return bound;
}

std::string_view name_of(Scheme scheme) { return scheme == Scheme::https ? "https" : "http"; }

/// Which of the listeners a client would reach that opens this address.
Result<std::size_t, std::string> listener_for(const Address& address, const Bound& bound,
                                              const std::vector<Scheme>& schemes) {
  if (!address.scheme) return 0;
  const auto authority = address.parsed_authority();
  const std::uint16_t port = authority ? authority->port.value_or(http::default_port(*address.scheme)) : 0;
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < schemes.size(); ++i) {
    if (schemes[i] != *address.scheme) continue;
    if (!found) found = i;
    if (bound.addresses[i].port == port) return i;
  }
  if (found) return *found;
  return failure(fmt::format(
      "explain: no listener answers {}; {}", name_of(*address.scheme),
      *address.scheme == Scheme::https ? "--tls makes one do so" : "the address begins with https here"));
}

/// Where the connection arrives, of a client that opens this address.
Endpoint arrival_at(const Endpoint& bound, const Address& address) {
  if (!bound.is_wildcard()) return bound;
  const auto authority = address.parsed_authority();
  const std::string host = authority ? authority->host : "";
  const auto named = parse_address(host.starts_with('[') ? host.substr(1, host.size() - 2) : host);
  Endpoint arrival =
      named.value_or(*parse_address(bound.family == Endpoint::Family::ipv6 ? "::1" : "127.0.0.1"));
  arrival.port = bound.port;
  return arrival;
}

/// A host that the server answers for: of the default site, an address; of another one, its name. Nothing:
/// there is none that could be taken for the one that is meant.
std::optional<std::string> usual_host(const Config& config, const Endpoint& bound) {
  const SiteConfig& site = config.sites.back().is_default ? config.sites.back() : config.sites.front();
  if (site.is_default && (bound.is_unix_socket() || bound.is_wildcard() || bound.is_loopback()))
    return "localhost";
  if (site.is_default)
    return bound.family == Endpoint::Family::ipv6 ? "[" + bound.address_text() + "]" : bound.address_text();
  for (const std::string& name : site.names) {
    const auto allowed = http::HostPolicy::parse_allowed(name);
    if (allowed && allowed->host.find('*') == std::string::npos) return allowed->host;
  }
  return std::nullopt;
}

Result<void, std::string> complete(Address& address, const Config& config, const Endpoint& bound,
                                   Scheme scheme) {
  if (!address.authority.empty()) return {};
  const auto host = usual_host(config, bound);
  if (!host)
    return failure(std::string("explain: a host is needed here, as in: bobbin explain http://HOST/"));
  address.authority = *host;
  if (!bound.is_unix_socket() && bound.port != http::default_port(scheme))
    address.authority += ":" + std::to_string(bound.port);
  return {};
}

bool is_host_field(std::string_view field) {
  return equals_ignoring_case(field.substr(0, field.find(':')), "Host");
}

std::string request_text(const Explain& request, const Address& address) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\n", request.method, address.target);
  if (std::ranges::none_of(request.fields, is_host_field))
    text += fmt::format("Host: {}\r\n", address.authority);
  for (const std::string& field : request.fields) text += field + "\r\n";
  return text + "\r\n";
}

/// What is not needed to answer one request, or what would keep it from being explained.
Config for_one_request(Config config) {
  config.server.threads = 1;
  config.server.cache_memory = 0;
  return config;
}

Result<explain::Explanation, std::string> explanation_of(const Explain& request, const Config& config,
                                                         executor::Executor& executor) {
  Address address = address_of(request.url);
  Bound bound = bound_of(config);
  observe::Registry registry;
  const auto services = TRY(ListenerServices::create(config, bound.addresses, bound.configs, registry));
  const std::vector<Scheme> schemes = services->schemes();
  const std::size_t index = TRY(listener_for(address, bound, schemes));
  Endpoint& listener = bound.addresses[index];
  const auto authority = address.parsed_authority();
  if (!listener.is_unix_socket() && listener.port == 0)  // the system would choose one
    listener.port = authority && authority->port ? *authority->port : http::default_port(schemes[index]);
  TRY(complete(address, config, listener, schemes[index]));

  const auto generation = TRY(Generation::create(config, bound.addresses, executor, nullptr, nullptr));
  const explain::Question question{.text = request_text(request, address),
                                   .client = *parse_address(request.client),
                                   .local = arrival_at(listener, address),
                                   .listener = services->rules(index)};
  auto explanation =
      explain::explain(question, Generation::handler(generation), session_settings(config.server));
  explanation.decisions.insert(
      explanation.decisions.begin(),
      {"listener", listener.is_unix_socket()
                       ? "a Unix socket"
                       : fmt::format("{}://{}", name_of(schemes[index]), listener.text())});
  return explanation;
}

}  // namespace

int explain(const Explain& request) {
  print_warnings(request.warnings);
  executor::Executor executor;
  const auto explanation = explanation_of(request, for_one_request(request.config), executor);
  executor.shut_down([] {});
  executor.join();
  if (!explanation) {
    print_failure(explanation.error());
    return kExitUsage;
  }
  const std::string text = request.as_json ? explain::as_json(*explanation) : explain::as_text(*explanation);
  if (!print_report(text)) return kExitUsage;
  return EXIT_SUCCESS;
}

}  // namespace bobbin::app

#include "http/host_policy.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"

namespace bobbin::http {
namespace {

/// reg-name (RFC 3986 §3.2.2): unreserved, sub-delims and percent-encoded bytes, which are left as they are.
bool is_reg_name(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char lower = to_lower(text[i]);
    if (is_digit(lower) || (lower >= 'a' && lower <= 'z')) continue;
    if (text[i] == '%') {
      if (i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) return false;
      i += 2;
    } else if (std::string_view("-._~!$&'()*+,;=").find(text[i]) == std::string_view::npos) {
      return false;
    }
  }
  return !text.empty();
}

/// "[" IPv6address "]", in the one spelling of RFC 5952; as IPv4 when it is an IPv4 address mapped into IPv6.
std::optional<std::string> parse_ip_literal(std::string_view text) {
  if (!text.ends_with(']')) return std::nullopt;
  const std::string_view inner = text.substr(1, text.size() - 2);
  const auto address = parse_address(inner);
  if (!address || inner.find(':') == std::string_view::npos) return std::nullopt;
  const std::string spelling = address->address_text();
  return address->family == Endpoint::Family::ipv6 ? "[" + spelling + "]" : spelling;
}

std::optional<std::string> parse_host(std::string_view text) {
  if (text.starts_with('[')) return parse_ip_literal(text);
  if (text.ends_with('.')) text.remove_suffix(1);
  if (!is_reg_name(text)) return std::nullopt;
  return lowercase(text);
}

/// *DIGIT. Nothing beyond 65535.
std::optional<std::uint16_t> parse_port(std::string_view digits) {
  std::uint32_t value = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
    if (value > 65535) return std::nullopt;
  }
  return static_cast<std::uint16_t>(value);
}

/// Where host and port part: at the first colon behind the brackets, if any.
std::size_t host_size(std::string_view text) {
  const std::size_t from = text.starts_with('[') ? std::min(text.find(']'), text.size()) : 0;
  return std::min(text.find(':', from), text.size());
}

bool is_our_port(std::optional<std::uint16_t> port, const Endpoint& local, Scheme scheme) {
  const std::uint16_t ours = local.is_unix_socket() ? default_port(scheme) : local.port;
  return port.value_or(default_port(scheme)) == ours;
}

bool names_this_machine(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

/// The address that `host` is, if it is one.
std::optional<Endpoint> address_in(std::string_view host) {
  return parse_address(host.starts_with('[') ? host.substr(1, host.size() - 2) : host);
}

bool is_built_in(std::string_view host, const Endpoint& local, const std::vector<Endpoint>& bound) {
  const auto reaches_this_machine = [](const Endpoint& listener) {
    return listener.is_loopback() || listener.is_wildcard();
  };
  if (names_this_machine(host) && std::any_of(bound.begin(), bound.end(), reaches_this_machine)) return true;
  const auto address = address_in(host);
  if (!address) return false;
  const auto is_same_address = [&address](const Endpoint& endpoint) {
    return endpoint.family == address->family && endpoint.address == address->address;
  };
  return is_same_address(local) || std::any_of(bound.begin(), bound.end(), is_same_address);
}

constexpr std::string_view kAnyLabel = "*.";

bool allows_port(const HostPolicy::Allowed& allowed, std::optional<std::uint16_t> port,
                 const Endpoint& local) {
  using enum HostPolicy::Allowed::Port;
  switch (allowed.port_rule) {
    case ours_or_none: return port.value_or(local.port) == local.port;
    case exactly: return port == allowed.port;
    case any: return true;
  }
  return false;
}

Precision precision_of(const HostPolicy::Allowed& allowed, const Authority& authority,
                       const Endpoint& local) {
  if (!allows_port(allowed, authority.port, local)) return Precision::none;
  if (authority.host == allowed.host) return Precision::exact;
  const std::string_view host = allowed.host;
  if (!host.starts_with(kAnyLabel)) return Precision::none;
  const std::string_view suffix = host.substr(1);
  if (!authority.host.ends_with(suffix) || authority.host.size() == suffix.size()) return Precision::none;
  return Precision(static_cast<std::size_t>(Precision::everything) + suffix.size());
}

}  // namespace

std::optional<Authority> parse_authority(std::string_view text) {
  const std::size_t size = host_size(text);
  const auto host = parse_host(text.substr(0, size));
  if (!host) return std::nullopt;
  // RFC 3986 §3.2.3: "localhost:" is the same as "localhost".
  if (size + 1 >= text.size()) return Authority{*host, std::nullopt};
  const auto port = parse_port(text.substr(size + 1));
  if (!port) return std::nullopt;
  return Authority{*host, port};
}

std::optional<HostPolicy::Allowed> HostPolicy::parse_allowed(std::string_view text) {
  if (text == "*") return Allowed{"*", Allowed::Port::any, 0};
  if (text.starts_with(kAnyLabel)) {
    auto below = parse_allowed(text.substr(kAnyLabel.size()));
    if (!below || below->host.starts_with('*') || address_in(below->host)) return std::nullopt;
    below->host.insert(0, kAnyLabel);
    return below;
  }
  // RFC 3986 lets a name hold stars, but here they would pass for a pattern, which this is not.
  if (text.substr(0, host_size(text)).find('*') != std::string_view::npos) return std::nullopt;
  if (text.ends_with(":*")) {
    const auto authority = parse_authority(text.substr(0, text.size() - 2));
    if (!authority || authority->port) return std::nullopt;
    return Allowed{authority->host, Allowed::Port::any, 0};
  }
  const auto authority = parse_authority(text);
  if (!authority || text.ends_with(':')) return std::nullopt;
  if (!authority->port) return Allowed{authority->host, Allowed::Port::ours_or_none, 0};
  return Allowed{authority->host, Allowed::Port::exactly, *authority->port};
}

Precision HostPolicy::precision(const std::optional<Authority>& authority, const Endpoint& local,
                                const std::vector<Endpoint>& bound, Scheme scheme) const {
  Precision best = Precision::none;
  for (const Allowed& allowed : allowed_) {
    if (allowed.host == "*") best = std::max(best, Precision::everything);
    if (authority) best = std::max(best, precision_of(allowed, *authority, local));
  }
  const bool is_ours = addresses_ == Addresses::ours && authority &&
                       is_our_port(authority->port, local, scheme) &&
                       is_built_in(authority->host, local, bound);
  return is_ours ? Precision::exact : best;
}

std::string allowing_option(const Authority& authority, const Endpoint& local) {
  if (authority.port.value_or(local.port) == local.port) return authority.host;
  return authority.host + ":" + std::to_string(*authority.port);
}

}  // namespace bobbin::http

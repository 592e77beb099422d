#include "http/client_claims.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ascii.h"
#include "http/authority.h"
#include "http/field_syntax.h"

namespace bobbin::http {
namespace {

/// The lines of one field, by name.
class FieldLines {
 public:
  FieldLines(const Fields& fields, std::string_view name) : fields_(fields), name_(name) {}

  /// Calls `visit` with every element, the last one first, empty ones left out (RFC 9110 §5.6.1.2), until it
  /// returns false.
  template <typename Visit>
  void from_the_last(Visit visit) const {
    const auto lines = fields_.lines();
    for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
      if (!has_name(*line)) continue;
      std::string_view rest = line->value;
      while (!rest.empty()) {
        const std::size_t comma = rest.rfind(',');
        const std::size_t begin = comma == std::string_view::npos ? 0 : comma + 1;
        const std::string_view element = trim(rest.substr(begin));
        if (!element.empty() && !visit(element)) return;
        rest = rest.substr(0, comma == std::string_view::npos ? 0 : comma);
      }
    }
  }
  /// Empty when there is none.
  [[nodiscard]] std::string_view last_element() const {
    std::string_view last;
    from_the_last([&](std::string_view element) {
      last = element;
      return false;
    });
    return last;
  }
  /// The value, when there is exactly one line.
  [[nodiscard]] std::optional<std::string_view> only() const {
    std::optional<std::string_view> found;
    for (const Field& line : fields_.lines()) {
      if (!has_name(line)) continue;
      if (found) return std::nullopt;
      found = line.value;
    }
    return found;
  }

 private:
  [[nodiscard]] bool has_name(const Field& line) const {
    return line.name == FieldName::other && equals_ignoring_case(line.name_text, name_);
  }

  const Fields& fields_;
  std::string_view name_;
};

std::optional<std::uint16_t> port_of_node(std::string_view digits) {
  if (digits.empty() || digits.size() > 5 || !std::all_of(digits.begin(), digits.end(), is_digit))
    return std::nullopt;
  unsigned port = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return port <= 65535 ? std::optional(static_cast<std::uint16_t>(port)) : std::nullopt;
}

/// RFC 7239 §6.3: "_" 1*( ALPHA / DIGIT / "." / "_" / "-")
bool is_obfuscated(std::string_view text) {
  return text.size() > 1 && text.front() == '_' && std::all_of(text.begin() + 1, text.end(), [](char c) {
           const char lower = to_lower(c);
           return is_digit(c) || (lower >= 'a' && lower <= 'z') || c == '.' || c == '_' || c == '-';
         });
}

/// A node (RFC 7239 §6) taken apart. Without brackets its name has no colon.
struct Node {
  std::string_view name;  // without brackets
  bool is_bracketed = false;
  std::optional<std::string_view> port;
};
Node take_apart(std::string_view text) {
  const std::size_t closing = text.starts_with('[') ? text.find(']') : std::string_view::npos;
  if (closing == std::string_view::npos) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return {.name = text, .port = std::nullopt};
    return {.name = text.substr(0, colon), .port = text.substr(colon + 1)};
  }
  const std::string_view behind = text.substr(closing + 1);
  if (behind.empty())
    return {.name = text.substr(1, closing - 1), .is_bracketed = true, .port = std::nullopt};
  // Whatever stands between the bracket and a colon makes the port one that is none.
  return {.name = text.substr(1, closing - 1),
          .is_bracketed = true,
          .port = behind.front() == ':' ? behind.substr(1) : std::string_view("?")};
}

std::optional<Endpoint> address_of(const Node& node) {
  const bool is_ipv6 = node.name.find(':') != std::string_view::npos;
  return is_ipv6 == node.is_bracketed ? parse_address(node.name) : std::nullopt;
}

std::optional<Endpoint> parse_node(std::string_view text, bool may_be_obfuscated_port) {
  const Node node = take_apart(text);
  auto address = address_of(node);
  if (!address || !node.port) return address;
  const auto port = port_of_node(*node.port);
  if (!port && !(may_be_obfuscated_port && is_obfuscated(*node.port))) return std::nullopt;
  address->port = port.value_or(0);
  return address;
}

/// Whether this is a node that names no address: `unknown` or an obfuscated identifier, perhaps with a port.
bool is_nameless_node(std::string_view text) {
  const Node node = take_apart(text);
  const bool has_good_port = !node.port || port_of_node(*node.port) || is_obfuscated(*node.port);
  return has_good_port && !node.is_bracketed &&
         (equals_ignoring_case(node.name, "unknown") || is_obfuscated(node.name));
}

/// A token, or what stands between quotes. Nothing when it is neither, or has a quoted-pair.
std::optional<std::string_view> unquoted(std::string_view value) {
  if (!value.starts_with('"')) return is_token(value) ? std::optional(value) : std::nullopt;
  if (value.size() < 2 || !value.ends_with('"')) return std::nullopt;
  value = value.substr(1, value.size() - 2);
  if (value.find_first_of("\"\\") != std::string_view::npos) return std::nullopt;
  return value;
}

std::optional<Scheme> parse_scheme(std::string_view text) {
  if (equals_ignoring_case(text, "https")) return Scheme::https;
  if (equals_ignoring_case(text, "http")) return Scheme::http;
  return std::nullopt;
}

/// Walks over the proxies, the nearest first, until one is not trusted.
class Walk {
 public:
  Walk(const ProxyTrust& trust, const Endpoint& peer) : trust_(trust), client_(peer) {}

  /// The next address; nothing where one should stand. Whether the walk goes on behind it.
  bool step(const std::optional<Endpoint>& address) {
    if (!address) return false;
    client_ = *address;
    return contains(trust_.proxies, client_);
  }
  [[nodiscard]] const Endpoint& client() const { return client_; }

 private:
  const ProxyTrust& trust_;
  Endpoint client_;
};

/// What Forwarded says: of the client, and of how it asked.
struct ForwardedClaims {
  Endpoint client;
  ForwardedElement of_client;
};
ForwardedClaims read_forwarded(const Fields& fields, const Endpoint& peer, const ProxyTrust& trust) {
  Walk walk(trust, peer);
  ForwardedElement of_client;
  FieldLines(fields, "Forwarded").from_the_last([&](std::string_view text) {
    const auto element = parse_forwarded_element(text);
    if (!element) return false;
    // An element without an address still tells how its client asked.
    of_client = *element;
    return walk.step(element->client);
  });
  return {.client = walk.client(), .of_client = of_client};
}

bool uses_forwarded(const ProxyTrust& trust) {
  return trust.address_from == AddressField::forwarded || trust.scheme_from == ClaimField::forwarded ||
         trust.host_from == ClaimField::forwarded;
}

Endpoint client_in_list(const Fields& fields, const Endpoint& peer, const ProxyTrust& trust) {
  Walk walk(trust, peer);
  FieldLines(fields, "X-Forwarded-For").from_the_last([&](std::string_view element) {
    return walk.step(parse_forwarded_address(element));
  });
  return walk.client();
}

}  // namespace

std::optional<Endpoint> parse_forwarded_address(std::string_view text) {
  // Many proxies write IPv6 without brackets here, and then without a port.
  if (const auto address = parse_address(text)) return address;
  return parse_node(text, false);
}

std::optional<ForwardedElement> parse_forwarded_element(std::string_view text) {
  ForwardedElement element;
  bool has_client = false;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view pair = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.empty()) continue;  // §4: forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || !is_token(pair.substr(0, equals))) return std::nullopt;
    const std::string_view name = pair.substr(0, equals);
    const auto value = unquoted(pair.substr(equals + 1));
    if (!value || value->empty()) return std::nullopt;
    // §4: each parameter at most once. Those that mean nothing here are passed over.
    if (equals_ignoring_case(name, "for")) {
      if (std::exchange(has_client, true)) return std::nullopt;
      element.client = parse_node(*value, true);
      if (!element.client && !is_nameless_node(*value)) return std::nullopt;
    } else if (equals_ignoring_case(name, "host")) {
      if (!element.host.empty()) return std::nullopt;
      element.host = *value;
    } else if (equals_ignoring_case(name, "proto")) {
      if (!element.scheme.empty()) return std::nullopt;
      element.scheme = *value;
    }
  }
  return element;
}

ClientClaims claims_about_client(const Fields& fields, const Endpoint& peer, const ProxyTrust& trust) {
  ClientClaims claims{.client = peer};
  if (!contains(trust.proxies, peer)) return claims;
  const ForwardedClaims forwarded = uses_forwarded(trust) ? read_forwarded(fields, peer, trust)
                                                          : ForwardedClaims{.client = peer, .of_client = {}};
  switch (trust.address_from) {
    case AddressField::x_forwarded_for: claims.client = client_in_list(fields, peer, trust); break;
    case AddressField::forwarded: claims.client = forwarded.client; break;
    case AddressField::x_real_ip:
      if (const auto value = FieldLines(fields, "X-Real-IP").only())
        claims.client = parse_forwarded_address(*value).value_or(peer);
      break;
  }
  const auto said = [&](ClaimField field, std::string_view name, std::string_view in_forwarded) {
    if (field == ClaimField::x_forwarded) return FieldLines(fields, name).last_element();
    return field == ClaimField::forwarded ? in_forwarded : std::string_view();
  };
  claims.scheme = parse_scheme(said(trust.scheme_from, "X-Forwarded-Proto", forwarded.of_client.scheme));
  claims.authority = said(trust.host_from, "X-Forwarded-Host", forwarded.of_client.host);
  return claims;
}

ClientClaims believe(RequestHead& head, const Endpoint& peer, const ProxyTrust* trust) {
  if (trust == nullptr) return {.client = peer};
  ClientClaims claims = claims_about_client(head.fields, peer, *trust);
  if (is_authority(claims.authority)) head.authority = claims.authority;
  return claims;
}

}  // namespace bobbin::http

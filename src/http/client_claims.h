#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/endpoint.h"
#include "base/network.h"
#include "http/request_head.h"
#include "http/response.h"
#include "http/scheme.h"

namespace bobbin::http {

/// The field that is believed about a client's address.
enum class AddressField : std::uint8_t { x_forwarded_for, forwarded, x_real_ip };
/// The field that is believed about something else, where one is.
enum class ClaimField : std::uint8_t { none, x_forwarded, forwarded };

/// Which proxies may say for whom they ask, and in which fields. A proxy passes on untouched what it does not
/// set itself, so of each kind one field is believed: the one that the proxies set. Immutable.
struct ProxyTrust {
  Networks proxies;
  AddressField address_from = AddressField::x_forwarded_for;
  ClaimField scheme_from = ClaimField::none;  ///< X-Forwarded-Proto, or proto= of Forwarded
  ClaimField host_from = ClaimField::none;    ///< X-Forwarded-Host, or host= of Forwarded
};

/// For whom a request is made, and how it was made at the outermost trusted proxy.
struct ClientClaims {
  Endpoint client;                    ///< its port is 0 where the proxy does not say it
  std::optional<Scheme> scheme = {};  ///< nothing: not said
  std::string_view authority = {};    ///< a view into the fields; not judged. Empty: not said
};

/// What trusted proxies say of a request that came from `peer`. Nothing that another peer says counts.
///
/// Each proxy appends the address from which it got the request, so the addresses are read from the last to
/// the first, all field lines of the name together, until one is not that of a trusted proxy: the client. An
/// element that is no address (`unknown`, an obfuscated identifier, garbage) ends this too: then the client
/// is the proxy that has said so. X-Real-IP names one address, in one line.
///
/// Of Forwarded (RFC 7239), scheme and host are those of the client's own element. Of X-Forwarded-Proto and
/// -Host, which are not lists by custom, the last element counts. Elements end at every comma, one in a
/// quoted string too: no text that a client sends can then swallow what a proxy appends to it.
[[nodiscard]] ClientClaims claims_about_client(const Fields& fields, const Endpoint& peer,
                                               const ProxyTrust& trust);

/// The same, and nothing where `trust` is null. The host that they name takes the place of the one in `head`,
/// if it has the form of one; it is held to the same rules then.
[[nodiscard]] ClientClaims believe(RequestHead& head, const Endpoint& peer, const ProxyTrust* trust);
/// Whether believe() has found a host that has not the form of one.
[[nodiscard]] inline bool names_malformed_host(const ClientClaims& claims, const RequestHead& head) {
  return !claims.authority.empty() && claims.authority != head.authority;
}
inline constexpr Refusal kMalformedForwardedHost{Status::bad_request,
                                                 "The host that the proxy names is malformed."};

/// The address in an element of X-Forwarded-For or X-Real-IP: IPv4, or IPv6 with or without brackets; a port
/// may follow IPv4 and brackets. Nothing for anything else.
[[nodiscard]] std::optional<Endpoint> parse_forwarded_address(std::string_view text);

/// One forwarded-element of Forwarded (RFC 7239 §4). What is absent is empty.
struct ForwardedElement {
  std::optional<Endpoint> client;  ///< nothing also for `unknown` and an obfuscated identifier (§6)
  std::string_view host = {};      ///< without quotes
  std::string_view scheme = {};
};
/// Nothing when it is malformed: no pair name=value, a parameter twice, a bad value of `for`. A value with a
/// quoted-pair, which none of these needs, is malformed too.
[[nodiscard]] std::optional<ForwardedElement> parse_forwarded_element(std::string_view text);

}  // namespace bobbin::http

#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace bobbin::http {

/// The scheme of the resources that a connection asks for (RFC 9110 §4.2): https exactly where it is secured.
enum class Scheme : std::uint8_t { http, https };

/// The port that an authority without one means (RFC 9110 §4.2.1, §4.2.2).
[[nodiscard]] constexpr std::uint16_t default_port(Scheme scheme) {
  return scheme == Scheme::https ? 443 : 80;
}

/// What holds for every request that arrives at one listener. It outlives the connections.
struct ListenerRules {
  Scheme scheme = Scheme::http;
  /// Requests are sent on to the same address under https, at this port.
  std::optional<std::uint16_t> redirect_port;
  /// Of every response, "Name: value\r\n" each.
  std::string fields;
};

/// Of a listener without TLS that is nothing special.
inline const ListenerRules kPlainListener{};

}  // namespace bobbin::http

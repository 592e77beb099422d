#pragma once

#include <cstdint>

namespace bobbin::http {

/// The scheme of the resources that a request asks for (RFC 9110 §4.2): https exactly where the connection is
/// secured, or where a trusted proxy says that the client's connection to it is.
enum class Scheme : std::uint8_t { http, https };

/// The port that an authority without one means (RFC 9110 §4.2.1, §4.2.2).
[[nodiscard]] constexpr std::uint16_t default_port(Scheme scheme) {
  return scheme == Scheme::https ? 443 : 80;
}

}  // namespace bobbin::http

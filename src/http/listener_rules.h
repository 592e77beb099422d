#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "http/scheme.h"

namespace bobbin::http {

/// What holds for every request that arrives at one listener. It outlives the connections.
struct ListenerRules {
  /// Of its connections. A trusted proxy may claim another one for a request, see Request::scheme.
  Scheme scheme = Scheme::http;
  /// Requests are sent on to the same address under https, at this port.
  std::optional<std::uint16_t> redirect_port;
  /// Of every response, "Name: value\r\n" each.
  std::string fields;
};

/// Of a listener without TLS that is nothing special.
inline const ListenerRules kPlainListener{};

}  // namespace bobbin::http

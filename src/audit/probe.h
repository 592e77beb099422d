#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/handler.h"

namespace bobbin::audit {

/// What a client would get, as far as an audit wants to know it.
struct Answer {
  http::Status status = http::Status::ok;
  std::string media_type;              ///< without parameters
  std::optional<std::uint64_t> bytes;  ///< of the content; nothing: known only at its end
  std::string location;                ///< of a redirect
};

/// Asks a handler as a stranger would who names no user and comes from an address that nobody knows: HEAD,
/// over TLS, since a redirect to https leads to the same file. `target`: percent-encoded, with a query or
/// without.
[[nodiscard]] Answer ask(const http::Handler& handler, std::string_view target);

}  // namespace bobbin::audit

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bobbin::http_client {

/// Why no request can be sent to a URL.
enum class UrlFault : std::uint8_t {
  /// Not http:// or https://, a host (RFC 3986 §3.2.2), perhaps a port, a path and a query, all of it ASCII.
  form,
  /// `user:password@`: a secret that would stand in lists of processes, and in logs.
  user_information,
};

/// Nothing: requests can be sent to it.
[[nodiscard]] std::optional<UrlFault> fault_of_url(std::string_view url);

}  // namespace bobbin::http_client

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bobbin {

/// One end of a TCP connection: an IP address and a port. An IPv4 address that arrives mapped into IPv6
/// (RFC 4291 §2.5.5.2) is held as IPv4, so that one client has one name.
struct Endpoint {
  enum class Family : std::uint8_t { ipv4, ipv6 };

  Family family = Family::ipv4;
  std::uint16_t port = 0;
  std::array<std::uint8_t, 16> address{};  ///< network order; IPv4 uses the first four

  [[nodiscard]] bool is_wildcard() const;
  [[nodiscard]] bool is_loopback() const;
  /// "127.0.0.1" or "::1" (RFC 5952).
  [[nodiscard]] std::string address_text() const;
  /// "127.0.0.1:8080" or "[::1]:8080".
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// An IPv4 or IPv6 address in text, as an Endpoint with port 0. Strict: four decimal numbers without leading
/// zeros, or RFC 4291 §2.2 (an IPv4 tail allowed, no brackets, no zone). Nothing for anything else, host
/// names included.
[[nodiscard]] std::optional<Endpoint> parse_address(std::string_view text);

}  // namespace bobbin

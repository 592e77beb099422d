#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bobbin {

/// One end of a connection: an IP address and a port, or a Unix socket. An IPv4 address that arrives mapped
/// into IPv6 (RFC 4291 §2.5.5.2) is held as IPv4, so that one client has one name.
struct Endpoint {
  enum class Family : std::uint8_t { ipv4, ipv6, unix_socket };

  Family family = Family::ipv4;
  /// A Unix socket has no port. At our end it counts as 80, the port that clients leave out. The other end
  /// has no name at all: there it is a number that tells connections apart in the log.
  std::uint16_t port = 0;
  std::array<std::uint8_t, 16> address{};  ///< network order; IPv4 uses the first four

  [[nodiscard]] bool is_unix_socket() const { return family == Family::unix_socket; }
  [[nodiscard]] bool is_wildcard() const;
  /// Whether only programs on this machine can reach it. A Unix socket is like that.
  [[nodiscard]] bool is_loopback() const;
  /// "127.0.0.1", "::1" (RFC 5952) or "unix".
  [[nodiscard]] std::string address_text() const;
  /// "127.0.0.1:8080", "[::1]:8080" or "unix:17".
  [[nodiscard]] std::string text() const;

  /// The same for all the addresses that one client may have: without the port, and of IPv6 the first 64 bits
  /// (RFC 6177 §2: one site gets as many addresses as that).
  [[nodiscard]] Endpoint of_one_client() const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// An IPv4 or IPv6 address in text, as an Endpoint with port 0. Strict: four decimal numbers without leading
/// zeros, or RFC 4291 §2.2 (an IPv4 tail allowed, no brackets, no zone). Nothing for anything else, host
/// names included.
[[nodiscard]] std::optional<Endpoint> parse_address(std::string_view text);

/// An IPv6 address in network order, as an Endpoint with port 0: of IPv4 when it is mapped.
[[nodiscard]] Endpoint ipv6_endpoint(std::span<const std::byte, 16> address);

}  // namespace bobbin

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"

namespace bobbin {

/// A block of IP addresses, or all Unix sockets.
class Network {
 public:
  /// "192.0.2.1", "10.0.0.0/8", "2001:db8::/32" (RFC 4632, RFC 4291 §2.3) or "unix". The bits behind the
  /// prefix must be 0. A block of addresses that are mapped into IPv6 is one of IPv4.
  [[nodiscard]] static std::optional<Network> parse(std::string_view text);

  [[nodiscard]] bool contains(const Endpoint& endpoint) const;
  /// In the form that parse() reads: "10.0.0.0/8", and a single address without its prefix.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Network&, const Network&) = default;

 private:
  Network(const Endpoint& first, unsigned prefix_bits) : first_(first), prefix_bits_(prefix_bits) {}

  Endpoint first_;
  unsigned prefix_bits_;
};

using Networks = std::vector<Network>;

/// Whether one of them contains it.
[[nodiscard]] bool contains(const Networks& networks, const Endpoint& endpoint);

}  // namespace bobbin

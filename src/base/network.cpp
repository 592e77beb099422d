#include "base/network.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/ascii.h"

namespace bobbin {
namespace {

constexpr unsigned kMappedBits = 96;  // of ::ffff:0:0/96, in which IPv4 addresses are mapped

unsigned address_bits(const Endpoint& endpoint) {
  switch (endpoint.family) {
    case Endpoint::Family::ipv4: return 32;
    case Endpoint::Family::ipv6: return 128;
    case Endpoint::Family::unix_socket: return 0;
  }
  return 0;
}

/// The bits of this byte of an address that lie in the prefix.
std::uint8_t mask(unsigned prefix_bits, std::size_t byte) {
  const unsigned begin = static_cast<unsigned>(byte) * 8;
  if (prefix_bits >= begin + 8) return 0xFF;
  if (prefix_bits <= begin) return 0;
  const unsigned bits = 0xFFU << (8 - (prefix_bits - begin));
  return static_cast<std::uint8_t>(bits & 0xFFU);
}

std::optional<unsigned> parse_prefix(std::string_view digits) {
  const bool has_leading_zero = digits.size() > 1 && digits.front() == '0';
  if (digits.empty() || has_leading_zero || !std::all_of(digits.begin(), digits.end(), is_digit))
    return std::nullopt;
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  return error == std::errc() ? std::optional(bits) : std::nullopt;
}

}  // namespace

std::optional<Network> Network::parse(std::string_view text) {
  if (text == "unix") return Network({.family = Endpoint::Family::unix_socket}, 0);
  const std::size_t slash = text.find('/');
  const auto first = parse_address(text.substr(0, slash));
  if (!first) return std::nullopt;
  if (slash == std::string_view::npos) return Network(*first, address_bits(*first));
  auto prefix = parse_prefix(text.substr(slash + 1));
  const bool is_mapped = first->family == Endpoint::Family::ipv4 && text.find(':') != std::string_view::npos;
  if (prefix && is_mapped)
    prefix = *prefix >= kMappedBits ? std::optional(*prefix - kMappedBits) : std::nullopt;
  if (!prefix || *prefix > address_bits(*first)) return std::nullopt;
  for (std::size_t i = 0; i < first->address.size(); ++i)
    if ((first->address[i] & ~mask(*prefix, i)) != 0) return std::nullopt;
  return Network(*first, *prefix);
}

bool Network::contains(const Endpoint& endpoint) const {
  if (endpoint.family != first_.family) return false;
  for (std::size_t i = 0; i * 8 < prefix_bits_; ++i)
    if (((endpoint.address[i] ^ first_.address[i]) & mask(prefix_bits_, i)) != 0) return false;
  return true;
}

std::string Network::text() const {
  if (prefix_bits_ == address_bits(first_)) return first_.address_text();
  return first_.address_text() + "/" + std::to_string(prefix_bits_);
}

bool contains(const Networks& networks, const Endpoint& endpoint) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Network& network) { return network.contains(endpoint); });
}

}  // namespace bobbin

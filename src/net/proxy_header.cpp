#include "net/proxy_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string_view>

#include "base/ascii.h"

namespace bobbin::net {
namespace {

using Parsed = std::variant<MoreOfProxyHeader, ProxyHeader, MalformedProxyHeader>;

constexpr std::string_view kFirstVersion = "PROXY ";
constexpr std::size_t kMaximumLineBytes = 107;
constexpr std::string_view kSecondVersion("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kFixedBytes = 16;  // signature, version and command, family, length

/// Whether one begins as the other: so far nothing is wrong.
bool agree(std::string_view input, std::string_view signature) {
  const std::size_t size = std::min(input.size(), signature.size());
  return input.substr(0, size) == signature.substr(0, size);
}

// ---- version 1 ----

std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  const bool has_leading_zero = digits.size() > 1 && digits.front() == '0';
  if (digits.empty() || digits.size() > 5 || has_leading_zero ||
      !std::all_of(digits.begin(), digits.end(), is_digit))
    return std::nullopt;
  unsigned port = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return port <= 65535 ? std::optional(static_cast<std::uint16_t>(port)) : std::nullopt;
}

std::optional<Endpoint> parse_address_of(std::string_view family, std::string_view text) {
  const bool is_ipv6 = text.find(':') != std::string_view::npos;
  return is_ipv6 == (family == "TCP6") ? parse_address(text) : std::nullopt;
}

Parsed parse_line(std::string_view input) {
  const std::size_t end = input.substr(0, kMaximumLineBytes).find('\n');
  if (end == std::string_view::npos) {
    if (input.size() < kMaximumLineBytes) return MoreOfProxyHeader{};
    return MalformedProxyHeader{"its line is longer than 107 bytes"};
  }
  if (input[end - 1] != '\r') return MalformedProxyHeader{"its line does not end in CR LF"};
  ProxyHeader header{.size_bytes = end + 1, .client = std::nullopt};
  std::string_view line = input.substr(kFirstVersion.size(), end - 1 - kFirstVersion.size());
  const std::string_view family = take_word(line);
  if (family == "UNKNOWN") return header;  // whatever follows
  if (family != "TCP4" && family != "TCP6") return MalformedProxyHeader{"its protocol is not known"};
  header.client = parse_address_of(family, take_word(line));
  const auto destination = parse_address_of(family, take_word(line));
  const auto port = parse_port(take_word(line));
  const auto destination_port = parse_port(line);
  if (!header.client || !destination) return MalformedProxyHeader{"its addresses are malformed"};
  if (!port || !destination_port) return MalformedProxyHeader{"its ports are malformed"};
  header.client->port = *port;
  return header;
}

// ---- version 2 ----

std::uint8_t byte_at(Bytes bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }
std::uint16_t number_at(Bytes bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

enum class Family : std::uint8_t { unspecified = 0x00, tcp4 = 0x11, tcp6 = 0x21, unix_stream = 0x31 };

/// How many bytes the addresses of this family take. Nothing for a family that no stream has.
std::optional<std::size_t> addresses_size(Family family) {
  switch (family) {
    case Family::unspecified: return 0;
    case Family::tcp4: return 12;
    case Family::tcp6: return 36;
    case Family::unix_stream: return 216;
  }
  return std::nullopt;
}

std::optional<Endpoint> source_in(Family family, Bytes addresses) {
  Endpoint source;
  switch (family) {
    case Family::unspecified: return std::nullopt;
    case Family::tcp4:
      source.port = number_at(addresses, 8);
      std::transform(addresses.begin(), addresses.begin() + 4, source.address.begin(),
                     [](std::byte byte) { return static_cast<std::uint8_t>(byte); });
      return source;
    case Family::tcp6:
      source = ipv6_endpoint(addresses.first<16>());
      source.port = number_at(addresses, 32);
      return source;
    case Family::unix_stream: return Endpoint{.family = Endpoint::Family::unix_socket};
  }
  return std::nullopt;
}

constexpr std::uint8_t kChecksumType = 0x03;
constexpr std::size_t kTlvFrontBytes = 3;

/// Checks the TLVs behind the addresses. Nothing: they are fine.
std::optional<MalformedProxyHeader> check_tlvs(Bytes header, std::size_t begin) {
  for (std::size_t at = begin; at < header.size();) {
    if (header.size() - at < kTlvFrontBytes) return MalformedProxyHeader{"a TLV is cut short"};
    const std::size_t value = at + kTlvFrontBytes;
    const std::size_t size = number_at(header, at + 1);
    if (header.size() - value < size) return MalformedProxyHeader{"a TLV is cut short"};
    if (byte_at(header, at) == kChecksumType) {
      if (size != 4) return MalformedProxyHeader{"its checksum is malformed"};
      constexpr std::array<std::byte, 4> kZeros{};  // these stand for the checksum itself
      const std::uint32_t actual =
          crc32c(header.subspan(value + size), crc32c(kZeros, crc32c(header.first(value))));
      const std::uint32_t expected =
          std::uint32_t{number_at(header, value)} << 16 | number_at(header, value + 2);
      if (actual != expected) return MalformedProxyHeader{"its checksum is wrong"};
    }
    at = value + size;
  }
  return std::nullopt;
}

Parsed parse_binary(Bytes input) {
  if (input.size() < kFixedBytes) return MoreOfProxyHeader{};
  constexpr std::uint8_t kLocal = 0x20;
  constexpr std::uint8_t kProxied = 0x21;
  const std::uint8_t command = byte_at(input, 12);
  if (command != kLocal && command != kProxied)
    return MalformedProxyHeader{"its version or command is not known"};
  const std::size_t size = kFixedBytes + number_at(input, 14);
  if (size > kMaximumProxyHeaderBytes) return MalformedProxyHeader{"it is longer than 4112 bytes"};
  if (input.size() < size) return MoreOfProxyHeader{};
  // Of LOCAL nothing but the length means anything.
  if (command == kLocal) return ProxyHeader{.size_bytes = size, .client = std::nullopt};
  const Bytes header = input.first(size);
  const auto family = static_cast<Family>(byte_at(header, 13));
  const auto addresses = addresses_size(family);
  if (!addresses) return MalformedProxyHeader{"its family is none of a stream"};
  if (size < kFixedBytes + *addresses) return MalformedProxyHeader{"its addresses are cut short"};
  if (const auto fault = check_tlvs(header, kFixedBytes + *addresses)) return *fault;
  return ProxyHeader{.size_bytes = size,
                     .client = source_in(family, header.subspan(kFixedBytes, *addresses))};
}

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? value >> 1 ^ 0x82F63B78 : value >> 1;
    table[i] = value;
  }
  return table;
}

}  // namespace

std::uint32_t crc32c(Bytes bytes, std::uint32_t before) {
  static constexpr auto kTable = crc_table();
  std::uint32_t value = ~before;
  for (const std::byte byte : bytes)
    value = kTable[(value ^ static_cast<std::uint8_t>(byte)) & 0xFF] ^ value >> 8;
  return ~value;
}

Parsed parse_proxy_header(Bytes input) {
  const std::string_view text = as_text(input);
  if (agree(text, kSecondVersion)) return parse_binary(input);
  if (!agree(text, kFirstVersion)) return MalformedProxyHeader{"the connection begins with something else"};
  return parse_line(text);
}

}  // namespace bobbin::net

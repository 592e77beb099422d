#include "base/endpoint.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "base/ascii.h"

namespace bobbin {
namespace {

void append_number(std::string& out, unsigned value, int base) {
  char digits[8];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, base).ptr;
  out.append(digits, end);
}

std::string ipv6_text(const std::array<std::uint8_t, 16>& address) {
  unsigned groups[8];
  for (std::size_t i = 0; i < 8; ++i) groups[i] = address[2 * i] * 256U + address[2 * i + 1];
  // RFC 5952 §4.2: the longest run of two or more zero groups becomes "::", the first one of equals.
  std::size_t best_start = 8;
  std::size_t best_length = 1;
  for (std::size_t i = 0; i < 8;) {
    std::size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > best_length) best_start = i, best_length = end - i;
    i = std::max(end, i + 1);
  }
  std::string text;
  for (std::size_t i = 0; i < 8;) {
    if (i == best_start) {
      text += "::";
      i += best_length;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    append_number(text, groups[i], 16);
    ++i;
  }
  return text;
}

/// The part of `text` before the first `separator`, which both leave `text`. Without one: all of it.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

bool parse_ipv4(std::string_view text, std::span<std::uint8_t, 4> address) {
  if (std::count(text.begin(), text.end(), '.') != 3) return false;
  for (std::uint8_t& byte : address) {
    const std::string_view number = take_until(text, '.');
    // A leading zero means octal to some readers and nothing to others: two meanings are none.
    if (number.empty() || (number.size() > 1 && number.front() == '0')) return false;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), byte);
    if (error != std::errc() || end != number.data() + number.size()) return false;
  }
  return true;
}

/// Groups of one to four hexadecimal digits with single colons between them, the last two perhaps written as
/// IPv4. Returns how many bytes of `address` they fill, or nothing.
std::optional<std::size_t> parse_groups(std::string_view text, std::span<std::uint8_t, 16> address) {
  std::size_t size = 0;
  while (!text.empty()) {
    const bool more = text.find(':') != std::string_view::npos;
    const std::string_view group = take_until(text, ':');
    if (more && text.empty()) return std::nullopt;  // a colon at the end
    if (!more && group.find('.') != std::string_view::npos) {
      if (size > 12 || !parse_ipv4(group, address.subspan(size).first<4>())) return std::nullopt;
      return size + 4;
    }
    if (size == 16 || group.empty() || group.size() > 4) return std::nullopt;
    unsigned value = 0;
    for (const char c : group) {
      if (hex_value(c) < 0) return std::nullopt;
      value = value * 16 + static_cast<unsigned>(hex_value(c));
    }
    address[size++] = static_cast<std::uint8_t>(value >> 8);
    address[size++] = static_cast<std::uint8_t>(value & 0xFF);
  }
  return size;
}

bool parse_ipv6(std::string_view text, std::array<std::uint8_t, 16>& address) {
  const std::size_t gap = text.find("::");
  const auto front = parse_groups(text.substr(0, gap), address);
  if (!front) return false;
  if (gap == std::string_view::npos) return *front == 16;
  // RFC 4291 §2.2: "::" stands for one or more groups of zeros, so an IPv4 tail cannot come before it.
  std::array<std::uint8_t, 16> tail{};
  const auto back = parse_groups(text.substr(gap + 2), tail);
  if (!back || *front + *back > 14 || text.substr(0, gap).find('.') != std::string_view::npos) return false;
  std::copy_n(tail.begin(), *back, address.end() - static_cast<std::ptrdiff_t>(*back));
  return true;
}

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

}  // namespace

bool Endpoint::is_wildcard() const {
  if (is_unix_socket()) return false;
  return std::all_of(address.begin(), address.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool Endpoint::is_loopback() const {
  if (is_unix_socket()) return true;
  if (family == Family::ipv4) return address[0] == 127;
  return std::all_of(address.begin(), address.end() - 1, [](std::uint8_t byte) { return byte == 0; }) &&
         address[15] == 1;
}

Endpoint Endpoint::of_one_client() const {
  Endpoint client = *this;
  client.port = 0;
  if (family == Family::ipv6) std::fill(client.address.begin() + 8, client.address.end(), std::uint8_t{0});
  return client;
}

std::string Endpoint::address_text() const {
  if (is_unix_socket()) return "unix";
  if (family == Family::ipv6) return ipv6_text(address);
  std::string text;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) text += '.';
    append_number(text, address[i], 10);
  }
  return text;
}

std::string Endpoint::text() const {
  std::string result = family == Family::ipv6 ? "[" + address_text() + "]" : address_text();
  result += ':';
  append_number(result, port, 10);
  return result;
}

std::optional<Endpoint> parse_address(std::string_view text) {
  Endpoint endpoint;
  if (parse_ipv4(text, std::span(endpoint.address).first<4>())) return endpoint;
  std::array<std::uint8_t, 16> address{};
  if (!parse_ipv6(text, address)) return std::nullopt;
  return ipv6_endpoint(std::as_bytes(std::span(address)));
}

Endpoint ipv6_endpoint(std::span<const std::byte, 16> address) {
  Endpoint endpoint;
  std::ranges::transform(address, endpoint.address.begin(),
                         [](std::byte byte) { return static_cast<std::uint8_t>(byte); });
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), endpoint.address.begin())) {
    std::copy_n(endpoint.address.begin() + 12, 4, endpoint.address.begin());
    std::fill(endpoint.address.begin() + 4, endpoint.address.end(), std::uint8_t{0});
  } else {
    endpoint.family = Endpoint::Family::ipv6;
  }
  return endpoint;
}

}  // namespace bobbin

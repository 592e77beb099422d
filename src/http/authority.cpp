#include "http/authority.h"

#include <algorithm>
#include <cstdint>

#include "base/ascii.h"
#include "base/endpoint.h"
#include "http/grammar.h"

namespace bobbin::http {
namespace {

/// The size of the reg-name at the front of `text` (RFC 3986 §3.2.2), which includes IPv4 addresses.
std::size_t name_size(std::string_view text) {
  const auto is_encoded_at = [text](std::size_t at) {
    return at + 2 < text.size() && text[at] == '%' && hex_value(text[at + 1]) >= 0 &&
           hex_value(text[at + 2]) >= 0;
  };
  std::size_t size = 0;
  while (true) {
    while (size < text.size() && is_in(CharacterSet::host_name, text[size])) ++size;
    if (!is_encoded_at(size)) return size;
    size += 3;
  }
}

/// "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
bool is_future_address(std::string_view text) {
  if (text.empty() || to_lower(text.front()) != 'v') return false;
  const std::size_t dot = std::min(text.find('.'), text.size());
  const std::string_view version = text.substr(1, dot - 1);
  const std::string_view address = text.substr(std::min(dot + 1, text.size()));
  const auto is_hexadecimal = [](char c) { return hex_value(c) >= 0; };
  const auto is_address_character = [](char c) { return c == ':' || is_in(CharacterSet::host_name, c); };
  return !version.empty() && std::all_of(version.begin(), version.end(), is_hexadecimal) &&
         !address.empty() && std::all_of(address.begin(), address.end(), is_address_character);
}

/// The size of the IP-literal at the front of `text`, brackets included; 0 when it is none.
std::size_t literal_size(std::string_view text) {
  const std::size_t end = text.find(']');
  if (end == std::string_view::npos) return 0;
  const std::string_view inner = text.substr(1, end - 1);
  const bool is_ipv6 = inner.find(':') != std::string_view::npos && parse_address(inner).has_value();
  return is_ipv6 || is_future_address(inner) ? end + 1 : 0;
}

bool is_port(std::string_view text) {
  std::uint32_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
    if (value > 65535) return false;
  }
  return true;
}

}  // namespace

bool is_authority(std::string_view text) {
  const std::size_t host_size = text.starts_with('[') ? literal_size(text) : name_size(text);
  if (host_size == 0) return false;
  if (host_size == text.size()) return true;
  return text[host_size] == ':' && is_port(text.substr(host_size + 1));
}

}  // namespace bobbin::http

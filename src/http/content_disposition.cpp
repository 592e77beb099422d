#include "http/content_disposition.h"

#include <algorithm>
#include <cstdint>

#include "base/ascii.h"
#include "base/utf8.h"

namespace bobbin::http {
namespace {

/// Whether every client reads `c` in a quoted `filename` the same way (RFC 6266 Appendix D): some decode
/// `%41` there, some do not undo the escapes of `"` and `\`.
bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '%'; }

/// attr-char (RFC 8187 §3.2.1): what needs no percent-encoding in `filename*`.
bool is_attribute_char(char c) {
  const char lower = to_lower(c);
  return is_digit(c) || (lower >= 'a' && lower <= 'z') ||
         std::string_view("!#$&+-.^_`|~").find(c) != std::string_view::npos;
}

/// Every character that is not plain becomes one '_'.
std::string plain_fallback(std::string_view name) {
  std::string fallback;
  while (!name.empty()) {
    fallback += is_plain(name.front()) ? name.front() : '_';
    name.remove_prefix(utf8_length(name));
  }
  return fallback;
}

std::string percent_encode(std::string_view name) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : name) {
    if (is_attribute_char(c)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4];
    encoded += kDigits[byte & 0xF];
  }
  return encoded;
}

}  // namespace

std::string attachment(std::string_view file_name) {
  std::string name(file_name);
  if (!is_utf8(name)) std::erase_if(name, [](char c) { return static_cast<std::uint8_t>(c) >= 0x80; });
  // An empty name would make the client invent one from the whole URI, query included.
  if (name.empty()) name = "download";
  std::string value = "attachment; filename=\"" + plain_fallback(name) + "\"";
  if (!std::all_of(name.begin(), name.end(), is_plain)) value += "; filename*=UTF-8''" + percent_encode(name);
  return value;
}

}  // namespace bobbin::http

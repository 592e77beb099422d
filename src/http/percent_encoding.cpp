#include "http/percent_encoding.h"

#include <optional>

#include "base/ascii.h"

namespace bobbin::http {
namespace {

/// The byte that a percent-encoding at `position` stands for.
std::optional<char> decode_at(std::string_view text, std::size_t position) {
  if (text[position] != '%' || position + 2 >= text.size()) return std::nullopt;
  const int high = hex_value(text[position + 1]);
  const int low = hex_value(text[position + 2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

}  // namespace

std::string percent_encode(std::string_view bytes, std::string_view plain) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(bytes.size() + 16);
  for (const char c : bytes) {
    const char lower = to_lower(c);
    if ((lower >= 'a' && lower <= 'z') || is_digit(c) || plain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

std::string encode_path(std::string_view path) { return percent_encode(path, "/-._~!$&'()*+,;=:@"); }

Decoded percent_decode(std::string_view text) {
  Decoded decoded;
  decoded.text.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const auto byte = decode_at(text, i)) {
      decoded.text += *byte;
      i += 2;
    } else {
      decoded.is_well_formed &= text[i] != '%';
      decoded.text += text[i];
    }
  }
  return decoded;
}

}  // namespace bobbin::http

#include "http/percent_encoding.h"

#include "base/ascii.h"

namespace bobbin::http {

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

}  // namespace bobbin::http

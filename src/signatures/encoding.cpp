#include "signatures/encoding.h"

#include "base/ascii.h"
#include "base/base64.h"

namespace bobbin::signatures {
namespace {

std::optional<std::string> decode_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

}  // namespace

std::optional<std::string> decode(Encoding encoding, std::string_view text) {
  return encoding == Encoding::hex ? decode_hex(text) : decode_base64(text);
}

}  // namespace bobbin::signatures

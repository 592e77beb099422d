#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bobbin::http {

/// Decodes base64 (RFC 4648 §4). Nothing: `text` is not what an encoder makes, for want of padding, for
/// another character, or for bits at its end that encode nothing.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

/// Encodes in base64 with padding (RFC 4648 §4).
[[nodiscard]] std::string encode_base64(std::string_view bytes);

}  // namespace bobbin::http

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bobbin {

/// Decodes base64 (RFC 4648 §4). Nothing: `text` is not what an encoder makes, for want of padding, for
/// another character, or for bits at its end that encode nothing.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

/// Encodes in base64 with padding (RFC 4648 §4).
[[nodiscard]] std::string encode_base64(std::string_view bytes);
/// How many characters that makes of so many bytes.
[[nodiscard]] constexpr std::uint64_t base64_size(std::uint64_t bytes) { return (bytes + 2) / 3 * 4; }

}  // namespace bobbin

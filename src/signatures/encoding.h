#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bobbin::signatures {

/// How the bytes of a signature are written in a field.
enum class Encoding : std::uint8_t {
  hex,     ///< RFC 4648 §8, in either case
  base64,  ///< RFC 4648 §4, with padding and without white space
};

/// Nothing: `text` is not written so.
[[nodiscard]] std::optional<std::string> decode(Encoding encoding, std::string_view text);

}  // namespace bobbin::signatures

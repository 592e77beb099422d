#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bobbin::fuzz {

/// A whole message in the chunked coding, read in the most literal way.
struct Chunked {
  std::string content;
  std::size_t size_bytes = 0;  ///< of the coded message in the text
};

/// Reads the message at the front of `text` line by line, as RFC 9112 §7.1 writes it; nothing when there is
/// none. Chunk extensions have the form of §7.1.1. It knows no limits and takes any trailer without CR, LF
/// and NUL: it says what a message means, not what is acceptable.
[[nodiscard]] std::optional<Chunked> read_chunked(std::string_view text);

}  // namespace bobbin::fuzz

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "http/request_head.h"
#include "http/response.h"

namespace bobbin::http::http1 {

/// Chunk extensions of one message together, white space before them included. Nobody uses them, but to make
/// us read.
inline constexpr std::size_t kMaximumExtensionBytes = 4 * 1024;
/// The trailer section, line ends and the final empty line included.
inline constexpr std::size_t kMaximumTrailerBytes = 8 * 1024;
/// Of one chunk size, leading zeros included: as many as 64 bits hold.
inline constexpr int kMaximumSizeDigits = 16;

/// Finds the content in the bytes behind a request head: a counted length or the chunked coding (RFC 9112 §6,
/// §7.1). Chunk extensions and trailer fields are checked for form and dropped (RFC 9112 §7.1.1, RFC 9110
/// §6.5.1 allow that).
class ContentDecoder {
 public:
  /// `limit_bytes`: content beyond it is refused with 413; chunk extensions and trailer section have fixed
  /// limits.
  ContentDecoder(const ContentFraming& framing, std::uint64_t limit_bytes);

  struct Step {
    std::size_t consumed_bytes = 0;  ///< of the input, to be dropped by the caller
    Bytes content;                   ///< a part of the input; may be empty while bytes were consumed
    bool finished = false;           ///< the message ends behind `consumed_bytes`
  };
  using Result = std::variant<Step, Refusal>;

  /// Takes the next bytes. Call again with the rest while it consumes something and has not finished.
  /// Consumes everything it is given unless it finishes or yields content (then call again for the rest):
  /// nothing needs to be buffered by the caller. Content that is known to be too large is refused at once: a
  /// counted length even when `input` is empty, a chunk when its size line ends. A refusal is final: it is
  /// not valid to call again after it.
  [[nodiscard]] Result decode(Bytes input);

  [[nodiscard]] bool finished() const;

 private:
  enum class State : std::uint8_t;

  [[nodiscard]] static State after_extension_byte(State state, char c);
  [[nodiscard]] Step take_content(Bytes input, std::size_t offset);
  [[nodiscard]] std::optional<Refusal> read_framing(char c);
  [[nodiscard]] std::optional<Refusal> read_size(char c);
  [[nodiscard]] std::optional<Refusal> read_extension(char c);
  [[nodiscard]] std::optional<Refusal> read_trailer(char c);
  [[nodiscard]] std::optional<Refusal> begin_chunk();

  State state_;
  int size_digits_ = 0;              ///< read so far, of this chunk's size
  std::uint64_t remaining_bytes_;    ///< of the counted content, or of this chunk
  std::uint64_t allowance_bytes_;    ///< how much more content may be announced
  std::size_t extension_bytes_ = 0;  ///< of all chunks so far
  std::size_t trailer_bytes_ = 0;
};

}  // namespace bobbin::http::http1

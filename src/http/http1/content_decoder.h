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

/// The limit of all chunk extensions of one message together, white space before them included. Hardly
/// anybody uses them, except to make a server read.
inline constexpr std::size_t kMaximumExtensionBytes = 4 * 1024;
/// The limit of the trailer section, line ends and the final empty line included.
inline constexpr std::size_t kMaximumTrailerBytes = 8 * 1024;
/// The limit of the digits of one chunk size, leading zeros included: as many as 64 bits hold.
inline constexpr int kMaximumSizeDigits = 16;

/// Finds the content in the bytes behind a request head, whether it has a length or the chunked coding (RFC
/// 9112 §6, §7.1). Chunk extensions and trailer fields are checked for form and dropped, which RFC 9112
/// §7.1.1 and RFC 9110 §6.5.1 allow.
class ContentDecoder {
 public:
  /// Content of more than `limit_bytes` is refused with 413. The limits of chunk extensions and of the
  /// trailer section are fixed.
  ContentDecoder(const ContentFraming& framing, std::uint64_t limit_bytes);

  struct Step {
    std::size_t consumed_bytes = 0;  ///< so many bytes of the input are used; the caller drops them
    Bytes content;                   ///< a part of the input; may be empty although bytes were consumed
    bool finished = false;           ///< whether the message ends behind `consumed_bytes`
  };
  using Result = std::variant<Step, Refusal>;

  /// Takes the next bytes. It consumes all of them unless the message ends or there is content to return;
  /// then the caller calls again with the rest, until the message has ended. So the caller need not buffer
  /// anything. Content that is known to be too large is refused at once: content with a length even when
  /// `input` is empty, a chunk when its size line ends. A refusal is final: this must not be called after it.
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
  int size_digits_ = 0;              ///< how many digits of this chunk's size have been read
  std::uint64_t remaining_bytes_;    ///< of the content with a length, or of this chunk
  std::uint64_t allowance_bytes_;    ///< how much more content may be announced
  std::size_t extension_bytes_ = 0;  ///< of all chunks so far
  std::size_t trailer_bytes_ = 0;
};

}  // namespace bobbin::http::http1

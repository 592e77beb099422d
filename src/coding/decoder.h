#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "http/content_coding.h"

namespace bobbin::coding {

/// Why a content is not what its coding says.
enum class DecodingFault : std::uint8_t {
  damaged,           ///< it breaks the rules of the coding, or a checksum in it is wrong
  truncated,         ///< it ends too early
  trailing_bytes,    ///< something that is no further member or frame stands behind its end
  window_too_large,  ///< zstd: to decode it takes more than kLargestWindowBytes
  needs_dictionary,  ///< zstd: it was coded with a dictionary, which nobody has
  no_memory,         ///< it may be as it should; there is not enough memory to decode it
};

/// A receiver need not hold more of zstd (RFC 9659 §3).
inline constexpr std::size_t kLargestWindowBytes = 8UL * 1024 * 1024;

/// Decodes one content, in pieces, and never makes more at once than there is room for. So the caller can
/// stop whenever it has enough. Several members of gzip (RFC 1952 §2.2) and several frames of zstd (RFC 8878
/// §3.1) are one content. The same content gives the same bytes, or the same fault, however it is cut; not
/// all that stands in front of a fault need be given. Thread: one at a time.
class Decoder {
 public:
  struct Step {
    std::size_t consumed_bytes;  ///< of the piece; the rest has to be given again
    std::size_t made_bytes;      ///< at the front of the room
  };

  virtual ~Decoder() = default;
  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Decodes from the front of `piece` into `room`, which is not empty. There is nothing to be had without
  /// further content once the piece is consumed and the room was not filled. Nothing may be decoded after a
  /// fault.
  [[nodiscard]] Result<Step, DecodingFault> decode(Bytes piece, std::span<std::byte> room);
  /// Why the content may not end here. Nothing: it may. To be asked when there is nothing more to be had.
  [[nodiscard]] std::optional<DecodingFault> fault_at_end() const { return fault_ ? fault_ : missing(); }

 protected:
  /// What it fails with once everything that it has made before has been given.
  void fail(DecodingFault fault) { fault_ = fault; }

 private:
  virtual Step run(Bytes piece, std::span<std::byte> room) = 0;
  [[nodiscard]] virtual std::optional<DecodingFault> missing() const = 0;

  std::optional<DecodingFault> fault_;
};

/// The codings that have a decoder.
inline constexpr http::CodingSet kDecodings{http::ContentCoding::gzip, http::ContentCoding::zstd};

/// How much memory a decoder of this coding takes at most when it has made so many bytes.
[[nodiscard]] std::uint64_t decoder_memory_bytes(http::ContentCoding coding, std::uint64_t made_bytes);

/// `coding`: one of kDecodings. Null: there is not enough memory.
[[nodiscard]] std::unique_ptr<Decoder> make_decoder(http::ContentCoding coding);

}  // namespace bobbin::coding

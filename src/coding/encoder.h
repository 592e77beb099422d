#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "http/content_coding.h"

namespace bobbin::coding {

/// Codes one content, in pieces. The same content gives the same bytes, however it is cut into pieces: so it
/// can have a strong entity tag (RFC 9110 §8.8.1), as long as the library stays the same. Thread: one at a
/// time.
class Encoder {
 public:
  virtual ~Encoder() = default;
  Encoder() = default;
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  /// Appends to `out` what comes of `piece`, which may be nothing yet. False: there is not enough memory, and
  /// the encoder can only be dropped.
  [[nodiscard]] virtual bool encode(Bytes piece, std::string& out) = 0;
  /// Appends the end. Nothing may be encoded after it.
  [[nodiscard]] virtual bool finish(std::string& out) = 0;
};

/// The codings that have an encoder.
inline constexpr http::CodingSet kEncodings{http::ContentCoding::gzip, http::ContentCoding::zstd};

/// `coding`: one of kEncodings. Null: there is not enough memory.
[[nodiscard]] std::unique_ptr<Encoder> make_encoder(http::ContentCoding coding);

/// What two contents of the same coding must have in common to be equal when what they were made from is: the
/// library's version and the effort.
[[nodiscard]] std::string_view encoder_version(http::ContentCoding coding);

/// All of a content. Empty: there is not enough memory.
[[nodiscard]] std::string encoded(std::string_view content, http::ContentCoding coding);

}  // namespace bobbin::coding

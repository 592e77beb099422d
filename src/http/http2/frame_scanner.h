#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace bobbin::http::http2 {

/// Finds the heads of DATA frames in what a client sends (RFC 9113 §4.1), in pieces of any size. nghttp2
/// drops those on streams that have ended without a word, and so nobody else can know of them.
class FrameScanner {
 public:
  struct Step {
    std::size_t bytes = 0;             ///< so many of the input, to its end or that of the head
    std::optional<std::int32_t> data;  ///< the stream of the DATA frame whose head ends there
  };
  /// To be called again with what is left of the input.
  [[nodiscard]] Step next(Bytes input) {
    std::size_t at = 0;
    while (at < input.size()) {
      const std::size_t skipped = std::min(skip_bytes_, input.size() - at);
      at += skipped;
      skip_bytes_ -= skipped;
      for (; skip_bytes_ == 0 && at < input.size() && head_bytes_ < kHeadBytes; ++at)
        head_[head_bytes_++] = std::to_integer<std::uint8_t>(input[at]);
      if (head_bytes_ < kHeadBytes) continue;
      head_bytes_ = 0;
      skip_bytes_ = head_[0] * std::size_t{65'536} + head_[1] * std::size_t{256} + head_[2];
      if (head_[3] == kData) return {.bytes = at, .data = stream()};
    }
    return {.bytes = at, .data = std::nullopt};
  }

 private:
  static constexpr std::size_t kPrefaceBytes = 24;
  static constexpr std::size_t kHeadBytes = 9;
  static constexpr std::uint8_t kData = 0;

  [[nodiscard]] std::int32_t stream() const {
    return (head_[5] & 0x7f) << 24 | head_[6] << 16 | head_[7] << 8 | head_[8];
  }

  std::size_t skip_bytes_ = kPrefaceBytes;
  std::size_t head_bytes_ = 0;
  std::array<std::uint8_t, kHeadBytes> head_{};
};

}  // namespace bobbin::http::http2

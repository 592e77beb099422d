#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bobbin {

/// Follows one UTF-8 sequence of two to four bytes, a byte at a time (RFC 3629 §4: no overlong form, no
/// surrogate, nothing beyond U+10FFFF). Says at which byte a sequence goes wrong, however the bytes were cut
/// into pieces.
class Utf8Sequence {
 public:
  /// False when `lead` cannot begin a sequence. ASCII is not a sequence.
  [[nodiscard]] constexpr bool begin(std::uint8_t lead) {
    lowest_ = 0x80;
    highest_ = 0xBF;
    if (lead < 0xC2 || lead > 0xF4) return false;
    missing_ = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    if (lead == 0xE0) lowest_ = 0xA0;
    if (lead == 0xED) highest_ = 0x9F;
    if (lead == 0xF0) lowest_ = 0x90;
    if (lead == 0xF4) highest_ = 0x8F;
    return true;
  }
  /// False when `byte` cannot come next. Only while the sequence is not complete.
  [[nodiscard]] constexpr bool add(std::uint8_t byte) {
    if (byte < lowest_ || byte > highest_) return false;
    lowest_ = 0x80;
    highest_ = 0xBF;
    --missing_;
    return true;
  }
  [[nodiscard]] constexpr bool complete() const { return missing_ == 0; }

 private:
  std::uint8_t missing_ = 0;
  std::uint8_t lowest_ = 0x80;   // of the next byte
  std::uint8_t highest_ = 0xBF;  // of the next byte
};

/// How many bytes of `text` (not empty) belong to the character at its front; 0 when they are not UTF-8.
[[nodiscard]] constexpr std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  if (byte(0) < 0x80) return 1;
  Utf8Sequence sequence;
  if (!sequence.begin(byte(0))) return 0;
  std::size_t length = 1;
  while (!sequence.complete()) {
    if (length == text.size() || !sequence.add(byte(length))) return 0;
    ++length;
  }
  return length;
}

[[nodiscard]] constexpr bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// `text` with every byte that is not UTF-8 replaced by U+FFFD.
[[nodiscard]] inline std::string to_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    result += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

}  // namespace bobbin

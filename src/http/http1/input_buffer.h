#pragma once

#include <cstddef>
#include <string>

#include "base/bytes.h"

namespace bobbin::http::http1 {

/// Bytes that have been received and not been used yet: an unfinished head, pipelined requests, content that
/// its receiver does not take now. They stay where they are while more is appended behind them and while some
/// are used at the front. They are moved only when the buffer is full and doubles, and when at least half of
/// it has been used. So all moves together cost no more than a constant for each byte, in however many pieces
/// the bytes arrive and are used.
class InputBuffer {
 public:
  [[nodiscard]] Bytes bytes() const { return as_bytes(text_).subspan(used_bytes_); }
  [[nodiscard]] bool empty() const { return used_bytes_ == text_.size(); }
  [[nodiscard]] std::size_t capacity() const { return text_.capacity(); }

  void append(Bytes bytes) { text_ += as_text(bytes); }
  /// Drops all but the last `count` bytes, which have been used.
  void keep_last(std::size_t count) {
    used_bytes_ = text_.size() - count;
    if (used_bytes_ < count) return;
    text_.erase(0, used_bytes_);
    used_bytes_ = 0;
  }
  void clear() { keep_last(0); }
  /// Gives back memory before the bytes stay for long: when the buffer has more than twice its size, which it
  /// reaches by growing, and all of it when the buffer is empty.
  void trim() {
    if (text_.capacity() > 2 * text_.size()) text_.shrink_to_fit();
  }

 private:
  std::string text_;
  std::size_t used_bytes_ = 0;  // at the front of text_, and less than half of it
};

}  // namespace bobbin::http::http1

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "http/content.h"
#include "http/session.h"

namespace bobbin::http::http1 {

/// What is still to be sent on one connection, in order: the heads and contents of one or several answers.
class Output {
 public:
  /// Where further bytes may be appended: the last piece, so that small answers leave in one.
  [[nodiscard]] std::string& tail();
  void add(Content&& content);

  /// The front of the queue, as much as one call can send. Valid until the next change.
  [[nodiscard]] Outgoing front(std::span<Bytes> scratch) const;
  /// The first `count` bytes have left.
  void consume(std::uint64_t count);
  /// Drops what has not left, and gives all memory back.
  void clear();

  [[nodiscard]] bool empty() const { return pieces_.empty(); }
  [[nodiscard]] std::uint64_t pending_bytes() const;
  /// Bytes ever queued: the position behind the last one.
  [[nodiscard]] std::uint64_t queued_bytes() const { return sent_bytes_ + pending_bytes(); }
  /// Bytes ever sent: the position in this connection's stream.
  [[nodiscard]] std::uint64_t sent_bytes() const { return sent_bytes_; }
  /// Whether a file is among the pieces.
  [[nodiscard]] bool holds_file() const { return files_ > 0; }

 private:
  void add_piece(ContentPiece&& piece);
  void push(ContentPiece&& piece);

  std::vector<ContentPiece> pieces_;  // none of them empty, but for a tail being written
  std::size_t first_ = 0;             // pieces before it have left
  std::uint64_t first_sent_ = 0;      // bytes of the first piece that have left
  std::uint64_t sent_bytes_ = 0;
  unsigned files_ = 0;
};

}  // namespace bobbin::http::http1

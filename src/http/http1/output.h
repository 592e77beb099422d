#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "http/content.h"
#include "http/session.h"

namespace bobbin::http::http1 {

/// Bytes that are still to be sent on one connection, in order. Heads and small contents stand one behind the
/// other in one text, so that they leave in one piece. Everything else is a piece that is inserted between
/// two bytes of that text.
class Output {
 public:
  /// Where further bytes may be appended (and nothing else done).
  [[nodiscard]] std::string& text() { return text_; }
  void add(std::string&& bytes);
  void add(SharedBytes bytes);
  /// Adds bytes that the caller owns and keeps until they have left.
  void add(Bytes bytes);
  void add(const FilePiece& piece);

  /// The front of the queue, as much of it as one call can send. It is valid until the next change.
  [[nodiscard]] Outgoing front();
  /// The first `count` bytes have left.
  void consume(std::uint64_t count);
  /// Drops what has not left. Keeps the memory for the next answers, unless it has grown large.
  void clear();
  /// Gives back the memory that the queue does not fill, before it stays for long.
  void shrink();

  [[nodiscard]] bool empty() const { return pending_bytes() == 0; }
  [[nodiscard]] std::uint64_t pending_bytes() const { return text_.size() - text_sent_ + inserted_bytes_; }

 private:
  // How many pieces one call sends. Heads and small contents are one piece; more than a few are rare.
  static constexpr std::size_t kPieces = 8;

  using Piece = std::variant<std::string, SharedBytes, Bytes, FilePiece>;
  /// A piece that stands before the byte of the text at `position`.
  struct Inserted {
    std::size_t position;
    Piece piece;  // never empty
  };
  [[nodiscard]] static Bytes bytes_of(const Piece& piece);
  [[nodiscard]] static std::uint64_t size_of(const Piece& piece);
  void insert(Piece piece);
  void consume_inserted(std::uint64_t& count);
  void drop_sent_text();

  std::string text_;
  std::size_t text_sent_ = 0;
  std::vector<Inserted> inserted_;
  std::size_t first_ = 0;              // the inserted pieces before this one have left
  std::uint64_t first_sent_ = 0;       // how many bytes of it have left, when it is not a file
  std::uint64_t inserted_bytes_ = 0;   // of all inserted pieces that have not left
  std::array<Bytes, kPieces> pieces_;  // the pieces that front() offers
};

}  // namespace bobbin::http::http1

#include "http/http1/output.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace bobbin::http::http1 {
namespace {

// Up to this size it is cheaper to copy content behind its head than to have another piece in the queue and
// in the kernel's list.
constexpr std::size_t kCopiedBytes = 4096;

// How much memory an empty queue may keep, and how much sent text may stand in front of unsent text. The
// latter needs a limit, since the queue never becomes empty when a client always sends its next request
// before the last answer has left whole.
constexpr std::size_t kKeptOutputBytes = 64 * 1024 + 16 * 1024;
constexpr std::size_t kSentBytes = 64 * 1024;

}  // namespace

Bytes Output::bytes_of(const Piece& piece) {
  if (const auto* owned = std::get_if<std::string>(&piece)) return as_bytes(*owned);
  if (const auto* shared = std::get_if<SharedBytes>(&piece)) return as_bytes(**shared);
  if (const auto* borrowed = std::get_if<Bytes>(&piece)) return *borrowed;
  return {};
}

std::uint64_t Output::size_of(const Piece& piece) {
  const auto* file = std::get_if<FilePiece>(&piece);
  return file != nullptr ? file->length : bytes_of(piece).size();
}

void Output::insert(Piece piece) {
  inserted_bytes_ += size_of(piece);
  inserted_.push_back({text_.size(), std::move(piece)});
}

void Output::add(std::string&& bytes) {
  if (bytes.size() <= kCopiedBytes)
    text_.append(bytes);
  else
    insert(std::move(bytes));
}

void Output::add(SharedBytes bytes) {
  if (bytes->size() <= kCopiedBytes)
    text_.append(*bytes);
  else
    insert(std::move(bytes));
}

void Output::add(Bytes bytes) {
  if (bytes.size() <= kCopiedBytes)
    text_.append(as_text(bytes));
  else
    insert(bytes);
}

void Output::add(const FilePiece& piece) { insert(piece); }

Outgoing Output::front() {
  Outgoing out;
  std::size_t count = 0;
  std::uint64_t offered = 0;
  std::size_t position = text_sent_;
  std::uint64_t skip = first_sent_;
  const auto offer = [&](Bytes bytes) {
    pieces_[count++] = bytes;
    offered += bytes.size();
  };
  for (std::size_t index = first_; count < pieces_.size() && out.file == nullptr; ++index, skip = 0) {
    const std::size_t until = index < inserted_.size() ? inserted_[index].position : text_.size();
    if (position < until) offer(as_bytes(text_).subspan(position, until - position));
    position = until;
    if (index == inserted_.size()) break;
    const Piece& piece = inserted_[index].piece;
    if (const auto* file = std::get_if<FilePiece>(&piece)) {
      out.file = file;
      offered += file->length;
    } else if (count < pieces_.size()) {
      offer(bytes_of(piece).subspan(static_cast<std::size_t>(skip)));
    }
  }
  out.bytes = std::span(pieces_).first(count);
  out.more = offered < pending_bytes();
  return out;
}

void Output::consume(std::uint64_t count) {
  ASSERT(count <= pending_bytes());
  while (count > 0) {
    const bool has_inserted = first_ < inserted_.size();
    const std::size_t until = has_inserted ? inserted_[first_].position : text_.size();
    const std::size_t taken = std::min<std::uint64_t>(count, until - text_sent_);
    text_sent_ += taken;
    count -= taken;
    if (has_inserted && count > 0) consume_inserted(count);
  }
  if (empty()) {
    clear();
  } else if (text_sent_ >= kSentBytes) {
    drop_sent_text();
  }
}

void Output::consume_inserted(std::uint64_t& count) {
  Piece& piece = inserted_[first_].piece;
  auto* file = std::get_if<FilePiece>(&piece);
  const std::uint64_t left = size_of(piece) - first_sent_;
  const std::uint64_t taken = std::min(count, left);
  if (file != nullptr) {
    file->offset += taken;
    file->length -= taken;
  } else {
    first_sent_ += taken;
  }
  inserted_bytes_ -= taken;
  count -= taken;
  if (taken < left) return;
  piece.emplace<std::string>();  // gives the memory back now, not only when the whole queue is empty
  first_sent_ = 0;
  ++first_;
}

void Output::drop_sent_text() {
  text_.erase(0, text_sent_);
  inserted_.erase(inserted_.begin(), inserted_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
  for (Inserted& each : inserted_) each.position -= text_sent_;
  text_sent_ = 0;
}

void Output::clear() {
  text_.clear();
  if (text_.capacity() > kKeptOutputBytes) text_.shrink_to_fit();  // clear() alone would keep the memory
  text_sent_ = 0;
  inserted_.clear();
  first_ = 0;
  first_sent_ = 0;
  inserted_bytes_ = 0;
}

void Output::shrink() {
  if (text_sent_ > 0) drop_sent_text();
  text_.shrink_to_fit();
  inserted_.shrink_to_fit();
}

}  // namespace bobbin::http::http1

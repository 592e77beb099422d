#include "http/http1/output.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace bobbin::http::http1 {
namespace {

// Copying a small content behind its head is cheaper than another piece in the queue and in the kernel's
// list.
constexpr std::size_t kCopiedBytes = 4096;

// What an empty queue may keep, and how much sent text may lie in front of unsent one: a client that always
// sends its next request before the last answer has quite left never lets the queue run empty.
constexpr std::size_t kKeptBytes = 64 * 1024 + 16 * 1024;
constexpr std::size_t kSentBytes = 64 * 1024;

Bytes bytes_of(const ContentPiece& piece) {
  if (const auto* owned = std::get_if<std::string>(&piece)) return as_bytes(*owned);
  if (const auto* shared = std::get_if<SharedBytes>(&piece)) return as_bytes(**shared);
  return {};
}

}  // namespace

void Output::add_piece(ContentPiece&& piece) {
  const std::uint64_t size = size_bytes(piece);
  if (size == 0) return;
  if (std::holds_alternative<FileSlice>(piece)) {
    ++files_;
  } else if (size <= kCopiedBytes) {
    text_.append(as_text(bytes_of(piece)));
    return;
  }
  inserted_bytes_ += size;
  inserted_.push_back({text_.size(), std::move(piece)});
}

void Output::add(Content&& content) {
  if (auto* text = std::get_if<std::string>(&content)) return add_piece(std::move(*text));
  if (auto* shared = std::get_if<SharedBytes>(&content)) return add_piece(std::move(*shared));
  if (auto* slice = std::get_if<FileSlice>(&content)) return add_piece(std::move(*slice));
  if (auto* pieces = std::get_if<std::vector<ContentPiece>>(&content))
    for (ContentPiece& piece : *pieces) add_piece(std::move(piece));
}

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
    const ContentPiece& piece = inserted_[index].piece;
    if (const auto* slice = std::get_if<FileSlice>(&piece)) {
      out.file = slice;
      offered += slice->length;
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
  ContentPiece& piece = inserted_[first_].piece;
  auto* slice = std::get_if<FileSlice>(&piece);
  const std::uint64_t left = size_bytes(piece) - first_sent_;
  const std::uint64_t taken = std::min(count, left);
  if (slice != nullptr) {
    slice->offset += taken;
    slice->length -= taken;
  } else {
    first_sent_ += taken;
  }
  inserted_bytes_ -= taken;
  count -= taken;
  if (taken < left) return;
  if (slice != nullptr) --files_;
  piece.emplace<std::string>();  // gives the file or buffer back now, not when the whole queue is empty
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
  if (text_.capacity() > kKeptBytes) text_.shrink_to_fit();  // assigning an empty string would keep it
  text_sent_ = 0;
  inserted_.clear();
  first_ = 0;
  first_sent_ = 0;
  inserted_bytes_ = 0;
  files_ = 0;
}

void Output::shrink() {
  if (text_sent_ > 0) drop_sent_text();
  text_.shrink_to_fit();
  inserted_.shrink_to_fit();
}

}  // namespace bobbin::http::http1

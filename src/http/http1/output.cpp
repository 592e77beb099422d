#include "http/http1/output.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace bobbin::http::http1 {
namespace {

// Up to here a copy is cheaper than another piece in the vector and in the kernel's list.
constexpr std::size_t kCopiedBytes = 4096;

// A client that always sends its next request before the last answer has quite left never lets the queue run
// empty. So that this does not make one string grow for ever, a new one is begun, and the old one is given
// back when it has left.
constexpr std::size_t kTailBytes = 64 * 1024;

Bytes bytes_of(const ContentPiece& piece) {
  if (const auto* owned = std::get_if<std::string>(&piece)) return as_bytes(*owned);
  if (const auto* shared = std::get_if<SharedBytes>(&piece)) return as_bytes(**shared);
  return {};
}

}  // namespace

std::string& Output::tail() {
  const auto* last = pieces_.empty() ? nullptr : std::get_if<std::string>(&pieces_.back());
  if (last == nullptr || last->size() >= kTailBytes) push(std::string());
  return std::get<std::string>(pieces_.back());
}

void Output::push(ContentPiece&& piece) {
  pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
  pieces_.push_back(std::move(piece));
}

void Output::add_piece(ContentPiece&& piece) {
  const std::uint64_t size = size_bytes(piece);
  if (size == 0) return;
  if (std::holds_alternative<FileSlice>(piece)) {
    ++files_;
  } else if (size <= kCopiedBytes) {
    tail().append(as_text(bytes_of(piece)));
    return;
  }
  push(std::move(piece));
}

void Output::add(Content&& content) {
  if (auto* text = std::get_if<std::string>(&content)) return add_piece(std::move(*text));
  if (auto* shared = std::get_if<SharedBytes>(&content)) return add_piece(std::move(*shared));
  if (auto* slice = std::get_if<FileSlice>(&content)) return add_piece(std::move(*slice));
  if (auto* pieces = std::get_if<std::vector<ContentPiece>>(&content))
    for (ContentPiece& piece : *pieces) add_piece(std::move(piece));
}

Outgoing Output::front(std::span<Bytes> scratch) const {
  Outgoing out;
  std::size_t count = 0;
  std::size_t index = first_;
  std::uint64_t skip = first_sent_;
  for (; index < pieces_.size() && count < scratch.size(); ++index, skip = 0) {
    if (const auto* slice = std::get_if<FileSlice>(&pieces_[index])) {
      out.file = slice;
      ++index;
      break;
    }
    scratch[count++] = bytes_of(pieces_[index]).subspan(static_cast<std::size_t>(skip));
  }
  out.bytes = scratch.first(count);
  out.more = index < pieces_.size();
  return out;
}

void Output::consume(std::uint64_t count) {
  sent_bytes_ += count;
  while (count > 0) {
    ASSERT(first_ < pieces_.size());
    ContentPiece& piece = pieces_[first_];
    if (auto* slice = std::get_if<FileSlice>(&piece)) {
      const std::uint64_t taken = std::min(count, slice->length);
      slice->offset += taken;
      slice->length -= taken;
      count -= taken;
      if (slice->length > 0) return;
      --files_;
    } else {
      const std::uint64_t left = size_bytes(piece) - first_sent_;
      if (count < left) {
        first_sent_ += count;
        return;
      }
      count -= left;
    }
    piece = std::string();  // gives the file or buffer back now, not when the whole queue is empty
    first_sent_ = 0;
    ++first_;
  }
  if (first_ == pieces_.size()) clear();
}

void Output::clear() {
  pieces_ = std::vector<ContentPiece>();  // `= {}` would keep the memory
  first_ = 0;
  first_sent_ = 0;
  files_ = 0;
}

std::uint64_t Output::pending_bytes() const {
  std::uint64_t sum = 0;
  for (std::size_t i = first_; i < pieces_.size(); ++i) sum += size_bytes(pieces_[i]);
  return sum - first_sent_;
}

}  // namespace bobbin::http::http1

#include "http/http2/outgoing_content.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/assert.h"

namespace bobbin::http::http2 {
namespace {

// So much memory is kept for the next content.
constexpr std::size_t kKeptTextBytes = 8 * 1024;

}  // namespace

void OutgoingContent::set(Content&& content) {
  left_bytes_ = size_bytes(content);
  if (auto* text = std::get_if<std::string>(&content)) {
    text_ = std::move(*text);
    bytes_ = as_bytes(text_);
  } else if (auto* shared = std::get_if<SharedBytes>(&content)) {
    shared_ = std::move(*shared);
    bytes_ = as_bytes(*shared_);
  } else if (auto* source = std::get_if<std::unique_ptr<ContentSource>>(&content)) {
    source_ = std::move(*source);
  }
}

void OutgoingContent::set(const std::string& bytes, const SharedBytes& shared) {
  shared_ = shared;
  if (shared_ == nullptr) text_ = bytes;
  bytes_ = as_bytes(shared_ != nullptr ? *shared_ : text_);
  left_bytes_ = bytes_.size();
}

void OutgoingContent::clear() {
  text_.clear();
  if (text_.capacity() > kKeptTextBytes) text_.shrink_to_fit();
  shared_.reset();
  source_.reset();
  bytes_ = {};
  file_ = {};
  left_bytes_ = 0;
  waits_ = false;
  failure_.clear();
}

OutgoingContent::State OutgoingContent::fail(std::string cause) {
  failure_ = std::move(cause);
  source_.reset();
  return State::failed;
}

OutgoingContent::State OutgoingContent::look() {
  if (!failure_.empty()) return State::failed;
  if (available() > 0) return State::ready;
  if (source_ == nullptr) return State::ended;
  if (waits_) return State::waits;
  ContentSource::Piece piece = source_->pull();
  if (std::holds_alternative<Wait>(piece)) {
    waits_ = true;
    return State::waits;
  }
  if (auto* failed = std::get_if<Failed>(&piece)) return fail(std::move(failed->cause));
  if (std::holds_alternative<End>(piece)) {
    if (left_bytes_.value_or(0) > 0) return fail("it is shorter than was announced");
    source_.reset();
    return State::ended;
  }
  if (const auto* bytes = std::get_if<Bytes>(&piece)) bytes_ = *bytes;
  if (const auto* file = std::get_if<FilePiece>(&piece)) file_ = *file;
  ASSERT(available() > 0);
  if (left_bytes_ && available() > *left_bytes_) return fail("it is longer than was announced");
  return State::ready;
}

bool OutgoingContent::take(std::span<std::byte> into, Services& services) {
  ASSERT(into.size() <= available());
  if (file_.length > 0) {
    const auto count = services.read_file(file_.descriptor, file_.offset, into);
    if (!count) return fail(count.error().message()), false;
    if (*count < into.size()) return fail("it is shorter than when it was opened"), false;
    file_.offset += into.size();
    file_.length -= into.size();
  } else {
    std::memcpy(into.data(), bytes_.data(), into.size());
    bytes_ = bytes_.subspan(into.size());
  }
  if (left_bytes_) *left_bytes_ -= into.size();
  return true;
}

void OutgoingContent::cancel() {
  if (source_ != nullptr && failure_.empty()) source_->cancelled();
  source_.reset();
}

}  // namespace bobbin::http::http2

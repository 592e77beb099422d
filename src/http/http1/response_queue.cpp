#include "http/http1/response_queue.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/assert.h"

namespace bobbin::http::http1 {
namespace {

// So many responses that have left may stand in the vector in front of those that have not.
constexpr std::size_t kCompletedInFront = 64;

void append_hex(std::string& out, std::uint64_t number) {
  char digits[16];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number, 16).ptr);
}

}  // namespace

// ---- adding ----

ExchangeSummary& ResponseQueue::begin(const PaceSettings& pace, Instant now) {
  ASSERT(source_ == nullptr);
  if (!pace_) {
    pace_.emplace(pace, now);
    looked_at_ = now;
  }
  if (first_ == kCompletedInFront) {
    // They are moved to the end instead of erased, so that the next ones can use the memory of their strings.
    std::rotate(responses_.begin(), responses_.begin() + static_cast<std::ptrdiff_t>(first_),
                responses_.end());
    end_ -= std::exchange(first_, 0);
  }
  if (end_ == responses_.size()) responses_.emplace_back();
  QueuedResponse& response = responses_[end_++];
  response.is_open = response.has_source = false;
  response.summary.outcome = Outcome::completed;
  response.summary.content_length_bytes = response.summary.content_bytes = response.summary.told_bytes = 0;
  return response.summary;
}

void ResponseQueue::begin_content() {
  QueuedResponse& response = responses_[end_ - 1];
  response.content_start = response.end = queued_bytes();
}

void ResponseQueue::end() { responses_[end_ - 1].end = queued_bytes(); }

void ResponseQueue::add_source(std::unique_ptr<ContentSource> source, Coding coding) {
  source_ = std::move(source);
  coding_ = coding;
  announced_bytes_ = source_->size_bytes().value_or(0);
  bytes_before_piece_ = piece_bytes_ = 0;
  piece_start_ = piece_end_ = sent_bytes_;  // so the first piece is pulled at once and leaves with the head
  responses_[end_ - 1].is_open = responses_[end_ - 1].has_source = true;
}

// ---- the source ----

Outgoing ResponseQueue::front(Instant now) {
  if (source_ != nullptr && !source_waits_ && sent_bytes_ >= piece_end_) pull();
  // While the client has not taken everything, the client is the slow one; afterwards the source is.
  if (source_waits_ && output_.empty()) pace_->pause(now);
  return output_.front();
}

void ResponseQueue::pull() {
  ContentSource::Piece piece = source_->pull();
  if (const auto* bytes = std::get_if<Bytes>(&piece)) return add_piece(*bytes, bytes->size());
  if (const auto* file = std::get_if<FilePiece>(&piece)) return add_piece(*file, file->length);
  if (auto* failed = std::get_if<Failed>(&piece)) return fail(std::move(failed->cause));
  if (std::holds_alternative<End>(piece)) return end_source();
  source_waits_ = true;
}

template <typename Piece>
void ResponseQueue::add_piece(const Piece& piece, std::uint64_t size_bytes) {
  ASSERT(size_bytes > 0);
  bytes_before_piece_ += std::exchange(piece_bytes_, size_bytes);
  if (coding_ == Coding::length && bytes_before_piece_ + size_bytes > announced_bytes_) {
    piece_bytes_ = 0;
    return fail("it is longer than was announced");
  }
  if (coding_ == Coding::chunked) {
    append_hex(output_.text(), size_bytes);
    output_.text() += "\r\n";
  }
  piece_start_ = queued_bytes();
  output_.add(piece);
  if (coding_ == Coding::chunked) output_.text() += "\r\n";
  piece_end_ = queued_bytes();
}

void ResponseQueue::end_source() {
  const std::uint64_t given_bytes = bytes_before_piece_ + piece_bytes_;
  if (coding_ == Coding::length && given_bytes != announced_bytes_)
    return fail("it is shorter than was announced");
  if (coding_ == Coding::chunked) output_.text() += "0\r\n\r\n";
  source_.reset();
  QueuedResponse& response = responses_[end_ - 1];
  response.is_open = false;
  response.end = queued_bytes();
}

void ResponseQueue::fail(std::string cause) { failure_ = std::move(cause); }

void ResponseQueue::resume(Instant now) {
  source_waits_ = false;
  if (pace_) pace_->go_on(now);
}

// ---- leaving ----

void ResponseQueue::sent(std::uint64_t count) {
  output_.consume(count);
  sent_bytes_ += count;
}

void ResponseQueue::unacknowledged(std::uint64_t bytes, const PaceSettings& pace, Instant now) {
  const std::uint64_t acknowledged = sent_bytes_ - std::min(bytes, sent_bytes_);
  if (!pace_ || acknowledged <= acknowledged_bytes_) return;
  pace_->progressed(acknowledged - std::exchange(acknowledged_bytes_, acknowledged), pace, now);
}

std::uint64_t ResponseQueue::content_sent(const QueuedResponse& response) const {
  if (!response.has_source)
    return std::clamp(sent_bytes_, response.content_start, response.end) - response.content_start;
  return bytes_before_piece_ + std::clamp(sent_bytes_, piece_start_, piece_start_ + piece_bytes_) -
         piece_start_;
}

std::uint64_t ResponseQueue::take_progress(std::uint64_t least_bytes) {
  QueuedResponse& response = responses_[first_];
  const std::uint64_t progress = content_sent(response) - response.summary.told_bytes;
  if (progress < least_bytes) return 0;
  response.summary.told_bytes += progress;
  return progress;
}

const ExchangeSummary* ResponseQueue::pop_completed() {
  if (first_ == end_) return nullptr;
  QueuedResponse& response = responses_[first_];
  if (response.is_open || response.end > sent_bytes_) return nullptr;
  response.summary.content_bytes = content_sent(response);
  if (++first_ == end_) {
    first_ = end_ = 0;
    pace_.reset();
  }
  return &response.summary;
}

ExchangeSummary* ResponseQueue::pop_unfinished() {
  if (first_ == end_) return nullptr;
  QueuedResponse& response = responses_[first_++];
  response.summary.content_bytes = content_sent(response);
  return &response.summary;
}

void ResponseQueue::clear() {
  if (source_ != nullptr && !failure_) source_->cancelled();
  source_.reset();
  source_waits_ = false;
  failure_.reset();
  output_.clear();
  first_ = end_ = 0;
  pace_.reset();
}

void ResponseQueue::reset() {
  ASSERT(empty());
  sent_bytes_ = acknowledged_bytes_ = 0;
}

}  // namespace bobbin::http::http1

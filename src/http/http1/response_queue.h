#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/content.h"
#include "http/http1/output.h"
#include "http/http1/pace.h"
#include "http/session.h"

namespace bobbin::http::http1 {

/// The writing half of a session: the responses of one connection that have not left yet, in order, and
/// whether the client takes them fast enough. Responses whose bytes are there already gather, so that answers
/// to pipelined requests leave together; one that comes from a source is the last in the queue until the
/// source has ended, and is pulled piece by piece.
///
/// A response is added in steps: begin(), its head through text(), begin_content(), its content, end(); or
/// instead of the last two, add_source().
class ResponseQueue {
 public:
  [[nodiscard]] ExchangeSummary& begin(const PaceSettings& pace, Instant now);
  /// Where further bytes may be appended (and nothing else done).
  [[nodiscard]] std::string& text() { return output_.text(); }
  void begin_content();
  void add(std::string&& bytes) { output_.add(std::move(bytes)); }
  void add(const SharedBytes& bytes) { output_.add(bytes); }
  void end();

  /// How the end of the content is told (RFC 9112 §6).
  enum class Coding : std::uint8_t {
    length,       ///< by Content-Length: the source gives exactly as much
    chunked,      ///< by the chunked coding (RFC 9112 §7.1)
    until_close,  ///< by the end of the connection: HTTP/1.0 knows nothing else
  };
  void add_source(std::unique_ptr<ContentSource> source, Coding coding);
  [[nodiscard]] bool has_source() const { return source_ != nullptr; }
  /// Whether only a reset of the connection can tell the client that the content has not ended.
  [[nodiscard]] bool ends_with_connection() const {
    return source_ != nullptr && coding_ == Coding::until_close;
  }

  /// What to send now, after the source has been pulled. Empty: the source waits, or it has ended or failed.
  /// Valid until the next change.
  [[nodiscard]] Outgoing front(Instant now);
  /// The source has said Wait, and resume() has not been called since.
  [[nodiscard]] bool waits() const { return source_waits_; }
  /// What said Wait can go on.
  void resume(Instant now);
  /// Why the source failed. Nothing more will come from it.
  [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }

  /// The first `count` bytes of what front() offered have left.
  void sent(std::uint64_t count);
  /// Of what has left, the client's TCP has not acknowledged so many bytes; the others are its progress.
  void unacknowledged(std::uint64_t bytes, const PaceSettings& pace, Instant now);
  /// The next response that has left whole. Null: there is none. Valid until the next change.
  [[nodiscard]] const ExchangeSummary* pop_completed();
  /// The next response, which has not left whole: for an abort. Null: there is none.
  [[nodiscard]] ExchangeSummary* pop_unfinished();
  /// The response that is leaving now. There must be one.
  [[nodiscard]] ExchangeSummary& leaving() { return responses_[first_].summary; }

  [[nodiscard]] bool empty() const { return output_.empty() && source_ == nullptr && first_ == end_; }
  [[nodiscard]] std::size_t responses() const { return end_ - first_; }
  [[nodiscard]] std::uint64_t pending_bytes() const { return output_.pending_bytes(); }
  /// When to ask what has been acknowledged: often enough that a pause is not taken for shorter than it is.
  [[nodiscard]] Instant next_look(const PaceSettings& pace) const {
    return pace_ && !pace_->is_paused() ? looked_at_ + pace.stall / 8 : kNever;
  }
  void looked(Instant now) { looked_at_ = now; }
  /// The moment at which the client has been too slow, or the source has waited for too long.
  [[nodiscard]] Instant deadline(const PaceSettings& pace) const {
    return pace_ ? pace_->deadline(pace) : kNever;
  }

  /// Tells the source that the client has gone, and drops everything.
  void clear();
  /// Nothing is left in it: the next session begins anew with its memory.
  void reset();
  /// The queue may stay for long: gives back what it does not fill.
  void shrink() { output_.shrink(); }

 private:
  struct QueuedResponse {
    std::uint64_t content_start = 0;  // positions in the stream of bytes since reset()
    std::uint64_t end = 0;
    bool is_open = false;  // its source has not ended
    bool has_source = false;
    ExchangeSummary summary;
  };

  [[nodiscard]] std::uint64_t queued_bytes() const { return sent_bytes_ + output_.pending_bytes(); }
  [[nodiscard]] std::uint64_t content_sent(const QueuedResponse& response) const;
  void pull();
  template <typename Piece>
  void add_piece(const Piece& piece, std::uint64_t size_bytes);
  void end_source();
  void fail(std::string cause);

  Output output_;
  std::uint64_t sent_bytes_ = 0;          // the stream position of the output's front
  std::uint64_t acknowledged_bytes_ = 0;  // likewise, of what the client's TCP has acknowledged
  std::optional<Pace> pace_;              // while there is something to send
  Instant looked_at_;                     // when looked() was called last
  // Those from first_ to end_. The others keep the memory of their strings.
  std::vector<QueuedResponse> responses_;
  std::size_t first_ = 0;
  std::size_t end_ = 0;

  std::unique_ptr<ContentSource> source_;  // of the last response
  Coding coding_ = Coding::length;
  bool source_waits_ = false;
  std::optional<std::string> failure_;
  std::uint64_t announced_bytes_ = 0;  // of the content, with Coding::length
  std::uint64_t piece_start_ = 0;      // of the piece that was pulled last: its stream position
  std::uint64_t piece_bytes_ = 0;
  std::uint64_t piece_end_ = 0;  // with the chunk's framing
  std::uint64_t bytes_before_piece_ = 0;
};

}  // namespace bobbin::http::http1

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
#include "http/pace.h"
#include "http/session.h"

namespace bobbin::http::http1 {

/// The writing half of a session: it holds the responses of one connection that have not left yet, in order,
/// and judges whether the client takes them fast enough. Responses whose bytes are known gather in the queue,
/// so that the responses to pipelined requests leave together. A response that comes from a source is pulled
/// piece by piece, and is the last one in the queue until its source has ended.
///
/// A response is added in steps: begin(), its head through text(), begin_content(), its content, end(). For a
/// source, add_source() takes the place of the last two.
class ResponseQueue {
 public:
  [[nodiscard]] ExchangeSummary& begin(const PaceSettings& pace, Instant now);
  /// Where further bytes may be appended (and nothing else done).
  [[nodiscard]] std::string& text() { return output_.text(); }
  void begin_content();
  void add(std::string&& bytes) { output_.add(std::move(bytes)); }
  void add(const SharedBytes& bytes) { output_.add(bytes); }
  void end();

  /// How the client finds the end of the content (RFC 9112 §6).
  enum class Coding : std::uint8_t {
    length,       ///< by Content-Length; the source gives exactly as much
    chunked,      ///< by the chunked coding (RFC 9112 §7.1)
    until_close,  ///< by the end of the connection, since HTTP/1.0 has no other way
  };
  void add_source(std::unique_ptr<ContentSource> source, Coding coding);
  [[nodiscard]] bool has_source() const { return source_ != nullptr; }
  /// Whether only a reset of the connection can tell the client that the content has not ended.
  [[nodiscard]] bool ends_with_connection() const {
    return source_ != nullptr && coding_ == Coding::until_close;
  }

  /// Pulls the source if necessary, and returns what to send now. It is empty when the source waits, has
  /// ended, or has failed. It is valid until the next change.
  [[nodiscard]] Outgoing front(Instant now);
  /// Whether the source has said Wait, and resume() has not been called since.
  [[nodiscard]] bool waits() const { return source_waits_; }
  /// Lets the source go on after it has said Wait.
  void resume(Instant now);
  /// Why the source failed, if it has. Nothing more will come from it then.
  [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }

  /// Takes note that the first `count` bytes of what front() offered have left.
  void sent(std::uint64_t count);
  /// Takes note that the client's TCP has not acknowledged so many of the bytes that have left. The others
  /// are its progress.
  void unacknowledged(std::uint64_t bytes, const PaceSettings& pace, Instant now);
  /// How much content of the response that is leaving now has left since this function was last asked, if it
  /// is at least `least_bytes`, else 0. The queue must not be empty.
  [[nodiscard]] std::uint64_t take_progress(std::uint64_t least_bytes);
  /// Takes the next response that has left whole out of the queue. Null when there is none. It is valid until
  /// the next change.
  [[nodiscard]] const ExchangeSummary* pop_completed();
  /// Takes the next response, which has not left whole, out of the queue (for an abort). Null at the end.
  [[nodiscard]] ExchangeSummary* pop_unfinished();
  /// The response that is leaving now. There must be one.
  [[nodiscard]] ExchangeSummary& leaving() { return responses_[first_].summary; }

  [[nodiscard]] bool empty() const { return output_.empty() && source_ == nullptr && first_ == end_; }
  [[nodiscard]] std::size_t responses() const { return end_ - first_; }
  [[nodiscard]] std::uint64_t pending_bytes() const { return output_.pending_bytes(); }
  /// When to ask the transport what has been acknowledged: often enough to notice a pause in time.
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
  /// Prepares the empty queue, with its memory, for the next session.
  void reset();
  /// Gives back the memory that the queue does not fill, before it stays for long.
  void shrink() { output_.shrink(); }

 private:
  struct QueuedResponse {
    std::uint64_t content_start = 0;  // this and `end` are positions in the stream of bytes since reset()
    std::uint64_t end = 0;
    bool is_open = false;  // whether its source has not ended
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
  std::uint64_t acknowledged_bytes_ = 0;  // the stream position up to which the client has acknowledged
  std::optional<Pace> pace_;              // set while there is something to send
  Instant looked_at_;                     // when looked() was called last
  // Those from first_ to end_ are in the queue. The others keep the memory of their strings for later ones.
  std::vector<QueuedResponse> responses_;
  std::size_t first_ = 0;
  std::size_t end_ = 0;

  std::unique_ptr<ContentSource> source_;  // the source of the last response, if it has one
  Coding coding_ = Coding::length;
  bool source_waits_ = false;
  std::optional<std::string> failure_;
  std::uint64_t announced_bytes_ = 0;  // how long the content is, with Coding::length
  std::uint64_t piece_start_ = 0;      // the stream position of the piece that was pulled last
  std::uint64_t piece_bytes_ = 0;
  std::uint64_t piece_end_ = 0;  // where it ends, with the framing of its chunk
  std::uint64_t bytes_before_piece_ = 0;
};

}  // namespace bobbin::http::http1

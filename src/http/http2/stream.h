#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/handler.h"
#include "http/http2/outgoing_content.h"
#include "http/owned_request.h"
#include "http/session.h"
#include "http/unanswered_request.h"

namespace bobbin::http::http2 {

/// One exchange on its stream (RFC 9113 §5.1): first its request is received, then its answer is awaited,
/// then the answer leaves in frames. It lives until the last of its frames has left, and the stream is
/// closed.
struct Stream {
  /// Of the answer.
  enum class Writing : std::uint8_t {
    none,      // there is none yet
    content,   // its head has been given to the framing
    finished,  // its last frame is in the output
  };

  std::int32_t id = 0;
  std::size_t place = 0;  // in the session's list
  Writing writing = Writing::none;
  bool receiver_waits = false;  // it has said Wait
  bool source_waits = false;    // the same of the source of the answer, for the session's count
  bool is_closed = false;       // for the framing
  bool request_has_ended = false;
  bool is_reported = false;
  std::uint32_t frames = 0;  // in the output, that have not left

  std::shared_ptr<const Handler> handler;  // outlives receiver and pending
  UnansweredRequest request;
  std::unique_ptr<Exchange> receiver;
  std::string held;                   // content that arrived while nobody could take it
  std::uint64_t allowance_bytes = 0;  // how much more content may come
  std::size_t unconsumed_bytes =
      0;  // taken by a receiver that has said Wait: the client may send no more for them
  std::size_t dropped_bytes = 0;  // that nobody has taken: consumed of the connection's window alone
  std::optional<Pending> pending;
  std::unique_ptr<OwnedRequest> undecided;  // set besides `pending` while the handler must be asked again
  Instant reply_deadline = kNever;
  Instant last_received;
  /// Until then the client may go on sending content although its answer is complete. kNever: it may not, or
  /// has nothing to send.
  Instant discards_until = kNever;

  OutgoingContent content;
  Instant last_sent;
  ExchangeSummary summary;

  /// Prepares it for the next exchange. The memory of its strings is kept.
  void reset() {
    writing = Writing::none;
    receiver_waits = source_waits = is_closed = request_has_ended = is_reported = false;
    frames = 0;
    handler.reset();
    receiver.reset();
    held.clear();
    unconsumed_bytes = dropped_bytes = 0;
    pending.reset();
    undecided.reset();
    reply_deadline = discards_until = kNever;
    content.clear();
    summary.outcome = Outcome::completed;
    summary.content_length_bytes = summary.content_bytes = summary.told_bytes = 0;
  }
};

/// Streams whose exchange has ended, for the next ones. Thread: the worker's.
class Streams {
 public:
  [[nodiscard]] std::unique_ptr<Stream> take() {
    if (spare_.empty()) return std::make_unique<Stream>();
    auto stream = std::move(spare_.back());
    spare_.pop_back();
    return stream;
  }
  void give_back(std::unique_ptr<Stream> stream) {
    if (spare_.size() == kSpare) return;
    stream->reset();
    spare_.push_back(std::move(stream));
  }

 private:
  static constexpr std::size_t kSpare = 64;
  std::vector<std::unique_ptr<Stream>> spare_;
};

}  // namespace bobbin::http::http2

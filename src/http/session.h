#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "http/content.h"
#include "http/response.h"
#include "http/status.h"

namespace bobbin::http {

/// What a log says of an exchange in words: the client's, as raw bytes, and the handler's notes.
struct LogFields {
  std::string request_line;  ///< empty when no head could be read, as the next three when nobody wants texts
  std::string host;
  std::string referer;
  std::string user_agent;
  std::string detail;  ///< of an error: the sentence that the client was shown
  HandlerLogFields notes;
};

/// One exchange that has ended, for whoever keeps a log.
struct ExchangeSummary {
  std::shared_ptr<const LogFields> texts;  ///< null: nothing to say that a number does not
  Status status = Status::ok;
  std::uint64_t content_length_bytes = 0;  ///< of the response
  std::uint64_t content_bytes = 0;         ///< of these, handed to the socket
  bool keeps_connection = false;
  unsigned ordinal = 0;  ///< on its connection, from 1
  Instant started;       ///< when the head was complete
};

/// What a session asks of its services. Thread: the session's.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  /// "Date: …\r\n" for now (RFC 9110 §6.6.1).
  [[nodiscard]] virtual std::string_view date_field() const = 0;
  /// Connections end with their next answer: others wait for their places, or the server stops.
  [[nodiscard]] virtual bool ends_connections() const = 0;
  /// Whether summaries need their texts.
  [[nodiscard]] virtual bool wants_log_fields() const = 0;
  virtual void exchange_ended(ConnectionId connection, const ExchangeSummary& summary, Instant now) = 0;
};

/// What to do with the socket next: send `bytes`, then from `file`; with neither and `close_writing`, shut
/// down writing.
struct Outgoing {
  std::span<const Bytes> bytes;     ///< a few pieces, for one sendmsg
  const FileSlice* file = nullptr;  ///< what follows the bytes
  bool more = false;                ///< further output follows these bytes and this slice
  bool close_writing = false;

  [[nodiscard]] bool empty() const { return bytes.empty() && file == nullptr && !close_writing; }
};

/// HTTP on one connection as a value machine: bytes in, bytes out, time passed in. Thread: its owner's.
class Session {
 public:
  virtual ~Session() = default;
  /// Whether bytes of the peer can be used now. While it says no, they stay in the socket: that is the
  /// backpressure.
  [[nodiscard]] virtual bool wants_input() const = 0;
  /// A Pending reply is being waited for.
  [[nodiscard]] virtual bool awaits_reply() const = 0;
  /// Bytes have arrived; none: the peer has finished sending. They are used or copied before the call
  /// returns.
  virtual void received(Bytes input, Instant now) = 0;
  /// What to send now. Valid until the next call here.
  [[nodiscard]] virtual Outgoing next() = 0;
  /// `count` bytes of what next() offered (bytes first, then the slice) are with the socket.
  virtual void sent(std::uint64_t count, Instant now) = 0;
  /// What next() offers cannot be sent yet for a reason of ours, which is not held against the client's pace;
  /// and now it can.
  virtual void output_waits(Instant now) = 0;
  virtual void output_goes_on(Instant now) = 0;
  /// The shut-down that next() asked for is done.
  virtual void closed_writing(Instant now) = 0;
  /// Its turn ends, others come next: gives back what it does not need until it is called again.
  virtual void rest() = 0;
  /// What said Wait, the content's receiver or its source, can go on.
  virtual void resume(ExchangeId exchange, Instant now) = 0;
  /// A Pending reply has arrived, or an interim one before it. False: nobody waits for it any more, and it
  /// has been dropped.
  [[nodiscard]] virtual bool resolve(ExchangeId exchange, Response response, Instant now) = 0;
  /// The one moment that matters in this state.
  [[nodiscard]] virtual Instant deadline() const = 0;
  /// The deadline has passed.
  virtual void expire(Instant now) = 0;
  /// Finish what is in flight, start nothing.
  virtual void shut_down() = 0;
  /// The transport has failed: nothing more can be said.
  virtual void abort(Instant now) = 0;
  /// The file that next() offers cannot be delivered as announced. `reason`: for the operator.
  virtual void cut_short(const std::string& reason, Instant now) = 0;
  [[nodiscard]] virtual bool finished() const = 0;
  /// Between exchanges, with nothing to send: may be closed to make room.
  [[nodiscard]] virtual bool is_idle() const = 0;
  /// Everything has been said; only reads on so that the close does not become a reset.
  [[nodiscard]] virtual bool is_lingering() const = 0;
  /// When is_idle() began to hold; meaningful while it does.
  [[nodiscard]] virtual Instant idle_since() const = 0;
  /// Ended because the client let a deadline pass.
  [[nodiscard]] virtual bool timed_out() const = 0;
  /// How many requests have been begun.
  [[nodiscard]] virtual unsigned requests() const = 0;
  /// For diagnostics.
  [[nodiscard]] virtual std::string_view state_name() const = 0;
};

}  // namespace bobbin::http

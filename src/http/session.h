#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "base/peer_certificate.h"
#include "base/result.h"
#include "http/content.h"
#include "http/listener_rules.h"
#include "http/request_head.h"
#include "http/response.h"
#include "http/status.h"

namespace bobbin::http {

/// What a log says of an exchange in words: the client's, as raw bytes, and the handler's.
struct LogFields {
  std::string request_line;  ///< empty when no head could be read, as the next four when no log wants them
  std::string host;
  std::string referer;
  std::string user_agent;
  std::string traceparent;  ///< of the client, if parse_traceparent accepts it; empty: none
  std::string request_id;   ///< empty where requests have none, whether or not a log wants words
  std::string user;         ///< who has proven to ask, see Request; empty: nobody has
  std::string detail;       ///< of an error: the sentence that the client was shown
  HandlerLogFields handler;
};

/// How an exchange ended.
enum class Outcome : std::uint8_t {
  completed,    ///< all of the answer is with the socket
  cut_short,    ///< its content could not be delivered as announced
  timed_out,    ///< the client took or sent too little
  client_left,  ///< the connection broke
  stopped,      ///< the server was stopped by force
};

/// One exchange that has ended. Each is reported exactly once.
struct ExchangeSummary {
  LogFields log_fields;
  Status status = Status::ok;  ///< of an exchange that was never answered: 503
  Method method = Method::unknown;
  std::uint16_t site = 0;  ///< as Site::number of the site that has answered
  Refused refused = Refused::no;
  Outcome outcome = Outcome::completed;
  std::uint64_t content_length_bytes = 0;  ///< of the response, as announced; 0 where it was not
  std::uint64_t content_bytes = 0;  ///< of the response, handed to the socket; without its transfer coding
  std::uint64_t told_bytes = 0;     ///< of these, those that Services::content_sent has told of
  bool keeps_connection = false;
  unsigned ordinal = 0;  ///< on its connection, from 1
  Instant started;       ///< when the head was complete
  Instant answered;      ///< when the answer was there to be sent; the epoch: it never was
  /// Who has asked, where a trusted proxy names somebody else than whom the connection is from.
  std::optional<Endpoint> client = std::nullopt;
};

/// What a session needs from the worker that owns it. Thread: the session's.
class Services {
 public:
  virtual ~Services() = default;
  /// When what is answered now is said to be made (RFC 9110 §6.6.1).
  [[nodiscard]] virtual WallTime date() const = 0;
  /// "Date: …\r\n" of that moment.
  [[nodiscard]] virtual std::string_view date_field() const = 0;
  /// Connections end with their next answer, since others wait for their places.
  [[nodiscard]] virtual bool ends_connections() const = 0;
  /// The server stops: connections end with the last request that has arrived.
  [[nodiscard]] virtual bool is_stopping() const = 0;
  /// Whether the words of summaries are wanted.
  [[nodiscard]] virtual bool wants_log_fields() const = 0;
  /// An id that no other request has, and that cannot be guessed. Asked for where requests have ids.
  [[nodiscard]] virtual std::string new_request_id() { return {}; }
  /// By which the client of a secured connection has shown who it is; null: it has shown none. Lives as long
  /// as the connection.
  [[nodiscard]] virtual const PeerCertificate* certificate(ConnectionId connection) {
    static_cast<void>(connection);
    return nullptr;
  }
  /// Called while an answer is being sent, each time that at least kToldBytes more of its content are with
  /// the socket. `client` as in ExchangeSummary. What is left at the end is told by exchange_ended.
  virtual void content_sent(ConnectionId connection, const std::optional<Endpoint>& client,
                            std::uint64_t bytes, Instant now) = 0;
  static constexpr std::uint64_t kToldBytes = 64 * 1024;
  virtual void exchange_ended(ConnectionId connection, const ExchangeSummary& summary, Instant now) = 0;
  /// Reads a part of a file, for a session that cannot leave it to the kernel to send it. Fewer bytes than
  /// fit `into`: the file ends there.
  [[nodiscard]] virtual Result<std::size_t> read_file(int descriptor, std::uint64_t offset,
                                                      std::span<std::byte> into) = 0;
  /// The client has done something more often than this limit of the protocol allows, and its connection
  /// ends.
  virtual void limit_exceeded(ConnectionId connection, std::string_view limit) = 0;
};

/// What to do with the transport next: send `bytes`, then from `file`; with neither and `close_writing`, shut
/// down writing.
struct Outgoing {
  std::span<const Bytes> bytes;     ///< a few pieces, for one sendmsg
  const FilePiece* file = nullptr;  ///< what follows the bytes
  bool more = false;                ///< further output follows these bytes and this piece
  bool close_writing = false;

  [[nodiscard]] bool empty() const { return bytes.empty() && file == nullptr && !close_writing; }
};

/// HTTP on one connection as a value machine: bytes in, bytes out, time passed in. Thread: its owner's.
class Session {
 public:
  virtual ~Session() = default;
  [[nodiscard]] virtual ConnectionId id() const = 0;
  /// Of the listener at which the connection arrived.
  [[nodiscard]] virtual const ListenerRules& listener() const = 0;

  /// Whether bytes of the peer can be used now. While it says no, they stay in the socket: that is the
  /// backpressure.
  [[nodiscard]] virtual bool wants_input() const = 0;
  /// Bytes have been received by any connection of this worker, and `received` follows.
  virtual void begin_round() = 0;
  /// Bytes have arrived; none: the peer has finished sending. They are used or copied before the call
  /// returns.
  virtual void received(Bytes input, Instant now) = 0;
  /// Bytes have arrived that are no request on this connection, whatever they say: the peer is told so, and
  /// the connection ends. What follows is discarded.
  virtual void refuse_input(const Refusal& refusal, Bytes input, Instant now) = 0;

  /// What to send now. Valid until the next call here.
  [[nodiscard]] virtual Outgoing next(Instant now) = 0;
  /// `count` bytes of what next() offered (bytes first, then the file) are with the transport.
  virtual void sent(std::uint64_t count, Instant now) = 0;
  /// Of all that was sent, the peer has not acknowledged so many bytes yet. What it has acknowledged is its
  /// progress. To be told when the transport takes no more, and before expire().
  virtual void unacknowledged(std::uint64_t bytes, Instant now) = 0;
  /// The shut-down that next() asked for is done.
  virtual void closed_writing(Instant now) = 0;
  /// Its turn ends, others come next: gives back what it does not need until it is called again.
  virtual void rest() = 0;

  /// What said Wait, the receiver of content or the source of it, can go on.
  virtual void resume(ExchangeId exchange, Instant now) = 0;
  /// A Pending reply has arrived, or an interim one before it. False: nobody waits for it any more, and it
  /// has been dropped.
  [[nodiscard]] virtual bool resolve(ExchangeId exchange, Response response, Instant now) = 0;
  /// A Pending reply is being waited for: something is being done for a request, and how it ends is to be
  /// told. Not while a request is Undecided, for which nothing has been done yet.
  [[nodiscard]] virtual bool awaits_reply() const = 0;

  /// The one moment that matters in this state, and what to call when it has passed.
  [[nodiscard]] virtual Instant deadline() const = 0;
  virtual void expire(Instant now) = 0;
  /// Finish what is in flight, start nothing that has not arrived.
  virtual void shut_down() = 0;
  /// Nothing more can be said, for this reason.
  virtual void abort(Outcome reason, Instant now) = 0;
  /// What next() offers cannot be delivered as announced. `cause`: for the operator.
  virtual void cut_short(const std::string& cause, Instant now) = 0;

  [[nodiscard]] virtual bool finished() const = 0;
  /// Only a reset tells the peer that something is missing: its content had neither length nor coding.
  [[nodiscard]] virtual bool must_reset() const = 0;
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
  /// What the client has sent so far, when that is the beginning of another protocol (HTTP/2 with prior
  /// knowledge, RFC 9113 §3.3): a session of that protocol takes it from here. Empty otherwise. May be asked
  /// of a session that has finished.
  [[nodiscard]] virtual Bytes input_of_http2() const { return {}; }
  /// For diagnostics.
  [[nodiscard]] virtual std::string_view state_name() const = 0;
};

}  // namespace bobbin::http

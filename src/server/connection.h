#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/ids.h"
#include "base/in_place.h"
#include "http/http1/session.h"
#include "http/http2/session.h"
#include "net/timer_wheel.h"
#include "os/epoll.h"
#include "server/arrival.h"
#include "server/session_slot.h"

namespace bobbin::server {

/// One client: the transport on which its bytes travel, the session that is HTTP on it, and the pump between
/// the two. Thread: the worker that owns it.
///
/// When it sends or receives. The kernel tells each change of a socket once (edge-triggered): `readable_` and
/// `writable_` remember it. They are set by events (changed), and by a worker that has a reason to doubt them
/// (assume_ready); a call that has emptied or filled the socket clears them. With `is_watched` and
/// `must_rearm` the worker keeps what it has told epoll.
class Connection : public net::Timer {
 public:
  /// HTTP/1 on a connection that has just arrived. `context` outlives it.
  Connection(http::http1::Session::Context& context, Arrival&& arrival, ConnectionId id, Instant now)
      : is_limited(arrival.place.release()) {
    const http::ListenerRules& rules = arrival.service->rules;
    make_transport(std::move(arrival), [this]<typename T, typename... Arguments>(std::in_place_type_t<T>,
                                                                                 Arguments&&... arguments) {
      transport_.emplace<T>(std::forward<Arguments>(arguments)...);
    });
    session_.emplace(context, id, transport_->client(), transport_->local(), now, rules);
  }
  /// For tests: `fill(slot)` makes the transport in place.
  template <typename Fill>
  Connection(http::http1::Session::Context& context, ConnectionId id, Instant now, Fill fill) {
    fill(transport_);
    session_.emplace(context, id, transport_->client(), transport_->local(), now, http::kPlainListener);
  }

  /// Speaks HTTP/2 from here on: the session of HTTP/1 has finished with Progress::speaks_http2, and what it
  /// has left goes to the new one.
  void change_to_http2(http::http2::Session::Context& context, Instant now);

  /// What one call of receive found.
  struct Arrived {
    /// `unsecured` and `turned_away`: see net::Received.
    enum class Kind : std::uint8_t { nothing, bytes, unsecured, turned_away, end, failure };
    Kind kind = Kind::nothing;
    Bytes bytes;  ///< a part of the buffer that was given
  };
  /// Whether there may be bytes that the session wants.
  [[nodiscard]] bool may_receive() const { return readable_ && session_->wants_input(); }
  /// Takes bytes from the transport, for `take`. Apart from it so that a worker can receive from all before
  /// it answers any.
  [[nodiscard]] Arrived receive(std::span<std::byte> buffer);
  void take(const Arrived& arrived, Instant now);

  enum class Progress : std::uint8_t {
    waiting,       ///< for the transport, a deadline, a source or a later answer
    has_more,      ///< could go on at once: others first
    finished,      ///< to be closed
    speaks_http2,  ///< to be changed to it, and driven again
  };
  /// Sends and receives until the transport or the session has nothing to do, or enough has been done for one
  /// turn. `scratch`: where to receive, and where a file is read that the kernel cannot send; nothing in it
  /// is kept.
  [[nodiscard]] Progress drive(std::span<std::byte> scratch, Instant now);

  /// The deadline has passed.
  void expire(Instant now);
  /// What the socket has become: each change is told once.
  void changed(const os::Event& event);
  /// The socket may have changed in ways that no event has told of yet: the next turn looks.
  void assume_ready() { readable_ = writable_ = true; }

  [[nodiscard]] const net::Transport& transport() const { return *transport_; }
  [[nodiscard]] ConnectionId id() const { return session_->id(); }
  [[nodiscard]] http::Session& session() { return *session_; }
  [[nodiscard]] const http::Session& session() const { return *session_; }

  Connection* previous_idle = nullptr;  ///< see IdleList
  Connection* next_idle = nullptr;
  bool is_watched = false;  ///< by the worker's epoll
  /// The kernel did not take all that was to be sent. Should the kernel have had another reason than a full
  /// socket, no change would tell when to try again: so the worker asks.
  bool must_rearm = false;
  bool holds_slot = true;         ///< counts against its worker's capacity
  bool is_ready = false;          ///< in the worker's list of those that could go on at once
  const bool is_limited = false;  ///< counts among the connections of its client, see limits::ClientLimits

  using TransportSlot = InPlace<net::Transport, sizeof(net::TcpTransport)>;

 private:
  enum class Step : std::uint8_t { done, much_done, blocked, failed };
  [[nodiscard]] static Arrived::Kind kind_of(const net::Received& received);
  [[nodiscard]] Progress take_turns(std::span<std::byte> scratch, Instant now);
  Step send(const http::Outgoing& outgoing, std::span<std::byte> scratch, Instant now);
  Step send_file(const http::FilePiece& piece, std::span<std::byte> scratch, Instant now);
  Step read_and_send(const http::FilePiece& piece, std::span<std::byte> scratch, Instant now);
  Step sent(const Result<std::size_t>& count, bool is_much, Instant now);
  Step cut_short(const std::string& cause, Instant now);
  void tell_acknowledged(Instant now) { session_->unacknowledged(transport_->unacknowledged_bytes(), now); }

  // Of bits, since every idle connection has them.
  bool readable_ : 1 = true;       // until a receive has emptied the socket
  bool writable_ : 1 = true;       // until a send has filled it
  bool must_read_on_ : 1 = false;  // see os::Event
  // What the last call that would have had to wait was waiting for: see net::waits_for_opposite.
  bool receives_when_writable_ : 1 = false;
  bool sends_when_readable_ : 1 = false;
  // The kernel could not send the file that is being sent: it is read here instead. Until its next response.
  bool reads_file_ : 1 = false;
  TransportSlot transport_;
  SessionSlot session_;
};

}  // namespace bobbin::server

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "http/http1/session.h"
#include "net/timer_wheel.h"
#include "os/epoll.h"
#include "os/fd.h"

namespace bobbin::server {

/// One client: its socket, and HTTP on it. Moves bytes between the two. Thread: the worker that owns it.
class Connection : public net::Timer {
 public:
  Connection(http::http1::Session::Services& services, os::Fd socket, ConnectionId id, const Endpoint& peer,
             const Endpoint& local, Instant now)
      : session_(services, id, local, now), socket_(std::move(socket)), peer_(peer) {}

  /// What one call of receive found.
  struct Arrived {
    enum class Kind : std::uint8_t { nothing, bytes, end, failure };
    Kind kind = Kind::nothing;
    Bytes bytes;  ///< a part of the buffer that was given
  };
  /// Whether there may be bytes that the session wants.
  [[nodiscard]] bool may_receive() const { return readable_ && session_.wants_input(); }
  /// Takes bytes from the socket, for `take`. Apart from it so that a worker can receive from all before it
  /// answers any.
  [[nodiscard]] Arrived receive(std::span<std::byte> buffer);
  void take(const Arrived& arrived, Instant now);

  enum class Progress : std::uint8_t {
    waiting,   ///< for the socket, a deadline or a later answer
    has_more,  ///< could go on at once: others first
    finished,  ///< to be closed
  };
  /// Sends and receives until the socket or the session has nothing to do, or enough has been done for one
  /// turn. `scratch`: where to receive; nothing in it is kept.
  [[nodiscard]] Progress drive(std::span<std::byte> scratch, Instant now);

  /// What it is to send next is not in the page cache: to be fetched there before it is sent.
  [[nodiscard]] bool must_fetch() const { return content_ == Content::cold; }
  /// The part of a file that is to be fetched. Nothing is sent until `fetched` is called.
  [[nodiscard]] http::FileSlice begin_fetch(Instant now);
  /// It is sent without another look: pages that were evicted again must not make it wait a second time.
  void fetched(Instant now);

  /// What the socket has become: each change is told once.
  void changed(const os::Event& event);
  /// The socket may have changed in ways that no event has told of yet: the next turn looks.
  void assume_ready() { readable_ = writable_ = true; }

  [[nodiscard]] const os::Fd& socket() const { return socket_; }
  [[nodiscard]] ConnectionId id() const { return session_.id(); }
  [[nodiscard]] const Endpoint& peer() const { return peer_; }
  [[nodiscard]] http::Session& session() { return session_; }
  [[nodiscard]] const http::Session& session() const { return session_; }

  static constexpr std::uint32_t kMostBlockBytes = (1U << 23) - 1;  ///< of a file, sent in one piece

  Connection* previous_idle = nullptr;  ///< see IdleList
  Connection* next_idle = nullptr;
  bool is_watched = false;  ///< by the worker's epoll
  /// A send was refused. Should the kernel have had another reason than a full socket, no change would tell
  /// when to try again: so the worker asks.
  bool must_rearm = false;
  bool holds_slot = true;  ///< counts against its worker's capacity
  bool is_ready = false;   ///< in the worker's list of those that could go on at once

 private:
  enum class Step : std::uint8_t { done, much_done, blocked, failed };
  /// What is known of the block of a file that is to be sent: whether it is in the page cache.
  enum class Content : std::uint8_t { unknown, cached, cold, being_fetched };
  [[nodiscard]] bool may_send() const {
    return writable_ && content_ != Content::cold && content_ != Content::being_fetched;
  }
  [[nodiscard]] Progress take_turns(std::span<std::byte> scratch, Instant now);
  Step send(const http::Outgoing& outgoing, Instant now);
  Step not_sent(const Error& error);
  Step send_slice(const http::FileSlice& slice, Instant now);
  Step cut_short(const std::string& reason, Instant now);
  void look_into_cache(const http::FileSlice& slice);
  void set_block_bytes(std::uint64_t bytes) { block_bytes_ = bytes & kMostBlockBytes; }

  // Of bits, since every idle connection has them.
  bool readable_ : 1 = true;       // until a receive has emptied the socket
  bool writable_ : 1 = true;       // until a send has filled it
  bool must_read_on_ : 1 = false;  // see os::Event
  Content content_ : 2 = Content::unknown;
  std::uint32_t block_bytes_ : 23 = 0;  // what is left of the block; meaningless while content_ is unknown
  http::http1::Session session_;
  os::Fd socket_;
  Endpoint peer_;
};

}  // namespace bobbin::server

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "base/clock.h"
#include "http/response.h"
#include "net/transport.h"
#include "os/epoll.h"

namespace bobbin::server {

/// One connection that got 503 instead of a place. Two things go on side by side: the answer is sent, and the
/// end behind it; what arrives is read and forgotten, until the client has finished sending. Thread: its
/// owner's.
class RejectedConnection {
 public:
  RejectedConnection(std::unique_ptr<net::Transport> transport, std::string answer)
      : transport_(std::move(transport)), unsent_(std::move(answer)) {}

  enum class Progress : std::uint8_t {
    waiting,     ///< for a change of the descriptor
    must_rearm,  ///< perhaps no change will tell when to go on: epoll is to be asked
    finished,    ///< to be closed: both are done, or the transport has failed
  };
  /// Sends what the transport takes, and receives one piece: then it is the turn of others.
  [[nodiscard]] Progress drive();
  /// What the descriptor has become: each change is told once.
  void changed(const os::Event& event) {
    writable_ |= event.writable || (sends_when_readable_ && event.readable);
  }
  [[nodiscard]] const os::Fd& descriptor() const { return transport_->descriptor(); }

 private:
  enum class Step : std::uint8_t { done, waiting, must_rearm, failed };
  [[nodiscard]] Step send();
  [[nodiscard]] Step discard();

  std::unique_ptr<net::Transport> transport_;
  std::string unsent_;
  bool writable_ = true;              // until a send has been refused
  bool sends_when_readable_ = false;  // see net::waits_for_opposite
  bool client_has_finished_ = false;  // sending
};

/// Connections that got an error instead of a place. Each is read on for a moment after the answer, since
/// closing over bytes that the client has sent would reset the connection and destroy the answer on its way
/// (RFC 9112 §9.6). Thread: the acceptor's.
class Rejected {
 public:
  /// `server_name`: for the answer's Server field and page. `first_tag`: tags from here on are this object's.
  /// `maximum`: how many it keeps at once, each for `linger` at most.
  Rejected(std::string server_name, std::uint64_t first_tag, std::size_t maximum, Duration linger)
      : server_name_(std::move(server_name)), first_tag_(first_tag), maximum_(maximum), linger_(linger) {}

  /// Answers with `refusal` and keeps the connection until the client has closed, or for as long as given;
  /// the oldest makes room for a newer one.
  void add(std::unique_ptr<net::Transport> transport, os::Epoll& epoll, const http::Refusal& refusal,
           Instant now);
  /// Whether the event was for one of these; if so it has been dealt with. `epoll`: the one given to add.
  bool handle(const os::Event& event, os::Epoll& epoll);
  /// Closes those whose time has come.
  void expire(Instant now);
  /// Closes the one that was answered first, if there is any.
  void drop_oldest();
  [[nodiscard]] bool empty() const { return kept_.empty(); }

 private:
  struct Kept {
    RejectedConnection connection;
    std::uint64_t tag;
    Instant until;
  };
  std::string server_name_;
  std::uint64_t first_tag_;
  std::size_t maximum_;
  Duration linger_;
  std::uint64_t count_ = 0;
  std::deque<Kept> kept_;  // oldest first, so tags ascend
};

}  // namespace bobbin::server

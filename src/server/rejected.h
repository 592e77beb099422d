#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "base/clock.h"
#include "os/epoll.h"
#include "os/fd.h"

namespace bobbin::server {

/// Connections that got 503 instead of a place. Each is read on for a moment after the answer, since closing
/// over bytes that the client has sent would reset the connection and destroy the answer on its way (RFC 9112
/// §9.6). Thread: the acceptor's.
class Rejected {
 public:
  /// `server_name`: for the answer's Server field and page. `first_tag`: tags from here on are this object's.
  /// `maximum`: how many it keeps at once, each for `linger` at most.
  Rejected(std::string server_name, std::uint64_t first_tag, std::size_t maximum, Duration linger)
      : server_name_(std::move(server_name)), first_tag_(first_tag), maximum_(maximum), linger_(linger) {}

  /// Answers 503 and keeps the socket until the client has closed, or for as long as given; the oldest makes
  /// room for a newer one.
  void add(os::Fd socket, os::Epoll& epoll, Instant now);
  /// Whether the event was for one of these; if so it has been dealt with.
  bool handle(const os::Event& event);
  /// Closes those whose time has come.
  void expire(Instant now);
  /// Closes the one that was answered first, if there is any.
  void drop_oldest();
  [[nodiscard]] bool empty() const { return lingering_.empty(); }

 private:
  struct Lingering {
    os::Fd socket;
    std::uint64_t tag;
    Instant until;
  };
  std::string server_name_;
  std::uint64_t first_tag_;
  std::size_t maximum_;
  Duration linger_;
  std::uint64_t count_ = 0;
  std::deque<Lingering> lingering_;  // oldest first, so tags ascend
};

}  // namespace bobbin::server

#pragma once

#include <string_view>

#include "base/clock.h"
#include "http/session.h"
#include "net/transport.h"
#include "observe/message.h"

namespace bobbin::server {

/// An exchange has ended. Views and references live as long as the call.
struct ExchangeEnded {
  const http::ExchangeSummary& summary;
  observe::Origin origin;
  WallTime at;
  Duration duration;                             ///< since the head was complete
  const PeerCertificate* certificate = nullptr;  ///< see net::Transport, as the next
  std::string_view tls_version = {};
};

/// A connection has been closed.
struct ConnectionClosed {
  const http::Session& session;
  observe::Origin origin;
  // See net::Transport. They live as long as the call.
  bool is_admitted = true;
  std::string_view security_failure = {};
  std::string_view proxy_failure = {};
};

/// A client has done something more often than a limit of its protocol allows, and its connection ends.
struct LimitExceeded {
  std::string_view limit;
  observe::Origin origin;
};

/// Is told of what happens on the connections of one worker. Every exchange that has begun is told of exactly
/// once, however it ends, and then every connection. Thread: the worker's.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void exchange_ended(const ExchangeEnded& event) = 0;
  virtual void connection_closed(const ConnectionClosed& event) = 0;
  virtual void limit_exceeded(const LimitExceeded& event) = 0;
};

}  // namespace bobbin::server

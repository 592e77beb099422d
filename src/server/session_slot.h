#pragma once

#include <cstddef>
#include <memory>
#include <new>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "http/http1/session.h"
#include "http/session.h"

namespace bobbin::server {

/// The session of a connection. It begins as one of HTTP/1, which lies within the connection, since most
/// connections are idle and speak it; a session of another protocol may take its place, once. Never moved.
class SessionSlot {
 public:
  SessionSlot() = default;
  SessionSlot(const SessionSlot&) = delete;
  SessionSlot& operator=(const SessionSlot&) = delete;
  ~SessionSlot() { destroy(); }

  /// Makes the session of HTTP/1. Must be called once, before anything else.
  void emplace(http::http1::Session::Context& context, ConnectionId id, const Endpoint& client,
               const Endpoint& local, Instant now, const http::ListenerRules& listener) {
    current_ = new (storage_) http::http1::Session(context, id, client, local, now, listener);
  }
  void replace(std::unique_ptr<http::Session> session) {
    destroy();
    current_ = session.release();
  }

  [[nodiscard]] http::Session& operator*() { return *current_; }
  [[nodiscard]] const http::Session& operator*() const { return *current_; }
  [[nodiscard]] http::Session* operator->() { return current_; }
  [[nodiscard]] const http::Session* operator->() const { return current_; }

 private:
  void destroy() {
    if (static_cast<void*>(current_) == static_cast<void*>(storage_))
      current_->~Session();
    else
      delete current_;
  }

  alignas(http::http1::Session) std::byte storage_[sizeof(http::http1::Session)];
  http::Session* current_ = nullptr;
};

}  // namespace bobbin::server

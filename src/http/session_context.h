#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "http/handler.h"
#include "http/head_limits.h"
#include "http/pace.h"
#include "http/session.h"

namespace bobbin::http {

/// The settings of every session of a server, whatever protocol it speaks. They outlive all sessions.
struct SessionSettings {
  HeadLimits head;
  std::uint64_t maximum_content_bytes = 1 << 20;
  unsigned maximum_requests = 100;  ///< on one connection of HTTP/1; 0 is no limit
  /// On one of HTTP/2. No limit: many clients, httpx among them, take GOAWAY for a failure, and never
  /// recover.
  unsigned maximum_http2_requests = 0;
  Duration keep_alive = seconds(30);  ///< how long a connection may be idle, as the client is told
  /// How long a head may take from its first byte, however many more come; the first head of a connection,
  /// from the start of the session.
  Duration head_timeout = seconds(10);
  PaceSettings pace;  ///< for content, in both directions
  /// How long the session reads on after the last answer, so that no reset destroys that answer.
  Duration linger = seconds(2);
  bool http2 = true;  ///< whether HTTP/2 is spoken with a client that begins with its preface
  std::string server_name = "Multi-threaded HTTP Server";  ///< of the Server field; when empty, there is none
  bool request_ids = false;                                ///< whether each request has an id
  std::string request_id_field = {};  ///< of answers, which names the id; when empty, there is none
};

/// What the sessions of one worker share, whatever protocol they speak. Thread: the worker's.
struct SessionContext {
  const SessionSettings& settings;
  std::shared_ptr<const Handler> handler;  ///< an exchange keeps the handler with which it began
  Services& services;
  ReplySink& replies;
  const ProxyTrust* proxies = nullptr;  ///< those of the handler
  unsigned worker = 0;                  ///< see Request
  std::uint64_t round = 1;              ///< see Request
};

}  // namespace bobbin::http

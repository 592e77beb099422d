#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "http/handler.h"
#include "http/listener_rules.h"
#include "http/session_context.h"

namespace bobbin::explain {

/// A request as it arrives at a listener.
struct Question {
  std::string text;  ///< of its head, to the empty line
  Endpoint client;
  Endpoint local;  ///< where the connection arrives
  const http::ListenerRules& listener;
};

struct Decision {
  std::string about;  ///< "site", "file"
  std::string text;
  friend bool operator==(const Decision&, const Decision&) = default;
};

/// What is answered, and why.
struct Explanation {
  std::vector<Decision> decisions;  ///< in the order in which they were taken
  /// The head of the response, to the empty line; of HTTP/1.1. Empty: it depends on the content of the
  /// request, or on something that took longer than the server waits for.
  std::string head;
  bool depends_on_content = false;
};

/// Gives the request to a session of HTTP/1.1, as a worker does, and waits until the head of the response is
/// there. `handler`: what answers on a server. `settings` as on a server. Thread: any; it blocks.
[[nodiscard]] Explanation explain(const Question& question,
                                  const std::shared_ptr<const http::Handler>& handler,
                                  const http::SessionSettings& settings);

}  // namespace bobbin::explain

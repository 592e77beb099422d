#pragma once

#include <optional>

#include "base/clock.h"
#include "base/endpoint.h"
#include "http/request_head.h"
#include "http/request_summary.h"
#include "http/session.h"
#include "http/session_context.h"

namespace bobbin::http {

/// Where a connection is from, and where it arrived.
struct ConnectionOrigin {
  const Endpoint& client;  ///< its other end, as its transport says
  const Endpoint& local;
  const ListenerRules& listener;
};

/// A request whose response has not been made yet: what is kept of it once its head is gone.
struct UnansweredRequest {
  RequestSummary summary;
  LogFields log_fields;
  Instant started;
  std::optional<Endpoint> client = std::nullopt;  ///< see ExchangeSummary
};

/// `client`: who asks, as believe() has found.
[[nodiscard]] UnansweredRequest unanswered(const SessionContext& context, const RequestHead& head,
                                           const ConnectionOrigin& origin, const Endpoint& client,
                                           Instant now);

/// `client`, if it is another one than whom the connection is from.
[[nodiscard]] std::optional<Endpoint> named_by_proxy(const SessionContext& context,
                                                     const ConnectionOrigin& origin, const Endpoint& client);

/// Takes from a head the client's words for the log.
void set_client_fields(LogFields& fields, const RequestHead& head);

}  // namespace bobbin::http

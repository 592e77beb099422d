#pragma once

#include <optional>

#include "base/clock.h"
#include "base/endpoint.h"
#include "http/handler.h"
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

/// The client's certificate, where the connection is secured and it has shown one.
[[nodiscard]] inline const PeerCertificate* certificate_of(const SessionContext& context, ConnectionId id,
                                                           const ListenerRules& listener) {
  return listener.scheme == Scheme::https ? context.services.certificate(id) : nullptr;
}

/// `client`: who asks, as believe() has found.
[[nodiscard]] UnansweredRequest unanswered(const SessionContext& context, const RequestHead& head,
                                           const ConnectionOrigin& origin, const Endpoint& client,
                                           Instant now);
/// The same of a request that the handler has seen.
[[nodiscard]] UnansweredRequest unanswered(const SessionContext& context, const Request& request,
                                           const ConnectionOrigin& origin, Instant now);

/// The same request, with its id.
[[nodiscard]] inline UnansweredRequest with_id(UnansweredRequest request, std::string_view id) {
  request.log_fields.request_id = id;
  return request;
}

/// `client`, if it is another one than whom the connection is from.
[[nodiscard]] std::optional<Endpoint> named_by_proxy(const SessionContext& context,
                                                     const ConnectionOrigin& origin, const Endpoint& client);

/// Takes from a request the client's words for the log.
void set_client_fields(LogFields& fields, const Request& request);

}  // namespace bobbin::http

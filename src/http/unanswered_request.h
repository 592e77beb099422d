#pragma once

#include "base/clock.h"
#include "base/endpoint.h"
#include "http/request_head.h"
#include "http/request_summary.h"
#include "http/session.h"
#include "http/session_context.h"

namespace bobbin::http {

/// A request whose response has not been made yet: what is kept of it once its head is gone.
struct UnansweredRequest {
  RequestSummary summary;
  LogFields log_fields;
  Instant started;
};

/// `local` and `listener`: where the connection arrived.
[[nodiscard]] UnansweredRequest unanswered(const SessionContext& context, const RequestHead& head,
                                           const Endpoint& local, const ListenerRules& listener, Instant now);

/// Takes from a head the client's words for the log.
void set_client_fields(LogFields& fields, const RequestHead& head);

}  // namespace bobbin::http

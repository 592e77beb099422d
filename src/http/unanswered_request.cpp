#include "http/unanswered_request.h"

namespace bobbin::http {

void set_client_fields(LogFields& fields, const RequestHead& head) {
  fields.request_line = head.line;
  fields.host = head.authority;
  fields.referer = head.fields.first(FieldName::referer).value_or("");
  fields.user_agent = head.fields.first(FieldName::user_agent).value_or("");
}

std::optional<Endpoint> named_by_proxy(const SessionContext& context, const ConnectionOrigin& origin,
                                       const Endpoint& client) {
  if (context.proxies == nullptr || client == origin.client) return std::nullopt;
  return client;
}

UnansweredRequest unanswered(const SessionContext& context, const RequestHead& head,
                             const ConnectionOrigin& origin, const Endpoint& client, Instant now) {
  UnansweredRequest request{.summary = context.handler->summarize(head, origin.local, origin.listener),
                            .log_fields = {},
                            .started = now,
                            .client = named_by_proxy(context, origin, client)};
  if (context.services.wants_log_fields()) set_client_fields(request.log_fields, head);
  return request;
}

}  // namespace bobbin::http

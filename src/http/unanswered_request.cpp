#include "http/unanswered_request.h"

#include "http/trace_context.h"

namespace bobbin::http {

namespace {

/// W3C Trace Context §3.2: one that is malformed, or that is there more than once, is as none.
std::string_view valid_traceparent(const Fields& fields) {
  const auto value = fields.only(FieldName::traceparent);
  return value && parse_traceparent(*value) ? *value : std::string_view();
}

void set_words(LogFields& fields, const RequestHead& head) {
  fields.request_line = head.line;
  fields.host = head.authority;
  fields.referer = head.fields.first(FieldName::referer).value_or("");
  fields.user_agent = head.fields.first(FieldName::user_agent).value_or("");
  fields.traceparent = valid_traceparent(head.fields);
}

}  // namespace

void set_client_fields(LogFields& fields, const Request& request) {
  set_words(fields, request.head);
  if (request.user != nullptr) fields.user = *request.user;
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
  if (context.services.wants_log_fields()) set_words(request.log_fields, head);
  return request;
}

UnansweredRequest unanswered(const SessionContext& context, const Request& request,
                             const ConnectionOrigin& origin, Instant now) {
  UnansweredRequest kept = unanswered(context, request.head, origin, request.client, now);
  if (context.services.wants_log_fields() && request.user != nullptr) kept.log_fields.user = *request.user;
  kept.log_fields.request_id = request.id;
  return kept;
}

}  // namespace bobbin::http

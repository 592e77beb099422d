#include "http/unanswered_request.h"

namespace bobbin::http {

void set_client_fields(LogFields& fields, const RequestHead& head) {
  fields.request_line = head.line;
  fields.host = head.authority;
  fields.referer = head.fields.first(FieldName::referer).value_or("");
  fields.user_agent = head.fields.first(FieldName::user_agent).value_or("");
}

UnansweredRequest unanswered(const SessionContext& context, const RequestHead& head, const Endpoint& local,
                             const ListenerRules& listener, Instant now) {
  UnansweredRequest request{
      .summary = context.handler->summarize(head, local, listener), .log_fields = {}, .started = now};
  if (context.services.wants_log_fields()) set_client_fields(request.log_fields, head);
  return request;
}

}  // namespace bobbin::http

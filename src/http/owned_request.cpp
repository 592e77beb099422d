#include "http/owned_request.h"

#include "base/assert.h"

namespace bobbin::http {

RequestHead OwnedRequest::copy_of(const RequestHead& head) {
  RequestHead copy;
  copy.line = copy_of(head.line);
  copy.method_text = copy_of(head.method_text);
  copy.target = copy_of(head.target);
  copy.authority = copy_of(head.authority);
  copy.method = head.method;
  copy.minor_version = head.minor_version;
  copy.asks_to_persist = head.asks_to_persist;
  copy.expects_continue = head.expects_continue;
  copy.expects_other = head.expects_other;
  copy.framing = head.framing;
  for (const Field& field : head.fields.lines()) {
    const bool has_room = copy.fields.add(
        {.name = field.name, .name_text = copy_of(field.name_text), .value = copy_of(field.value)});
    ASSERT(has_room);
  }
  return copy;
}

}  // namespace bobbin::http

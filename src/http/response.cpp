#include "http/response.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/assert.h"

namespace bobbin::http {

void Response::add_field(std::string_view name, std::string_view value) {
  // RFC 9110 §5.5: one of these would end the field and let its author write the next one.
  ASSERT(
      std::none_of(value.begin(), value.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }));
  fields.append(name).append(": ").append(value).append("\r\n");
}

bool Response::has_field(std::string_view name) const {
  for (std::string_view rest = fields; !rest.empty(); rest.remove_prefix(rest.find("\r\n") + 2))
    if (rest.size() > name.size() && rest[name.size()] == ':' &&
        equals_ignoring_case(rest.substr(0, name.size()), name))
      return true;
  return false;
}

void Response::remove_field(std::string_view name) {
  remove_fields([name](std::string_view other) { return equals_ignoring_case(other, name); });
}

void Response::remove_fields(const std::function<bool(std::string_view name)>& is_one) {
  std::string kept;
  for (std::string_view rest = fields; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find("\r\n") + 2);
    rest.remove_prefix(line.size());
    if (!is_one(line.substr(0, line.find(':')))) kept += line;
  }
  fields = std::move(kept);
}

Response Response::error(Status status, std::string detail) {
  Response response;
  response.status = status;
  response.detail = std::move(detail);
  return response;
}

Response Response::with_content(Status status, std::string_view media_type, Content content) {
  Response response;
  response.status = status;
  response.media_type = media_type;
  response.content = std::move(content);
  return response;
}

}  // namespace bobbin::http

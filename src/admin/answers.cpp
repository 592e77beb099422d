#include "admin/answers.h"

#include <utility>

namespace bobbin::admin {
namespace {

constexpr std::string_view kAllowed = "GET, HEAD, OPTIONS";

}  // namespace

http::Response uncached(http::Status status, std::string_view media_type, std::string content) {
  http::Response response = http::Response::with_content(status, media_type, std::move(content));
  response.forbid_storing();
  return response;
}

std::optional<http::Response> refuse_method(const http::Request& request) {
  using http::Method;
  const Method method = request.head.method;
  if (method == Method::get || method == Method::head) return std::nullopt;
  http::Response response;
  if (method == Method::options)
    response.status = http::Status::no_content;
  else
    response =
        http::Response::error(http::Status::method_not_allowed, "Only GET and HEAD are possible here.");
  response.add_field("Allow", kAllowed);
  return response;
}

}  // namespace bobbin::admin

#include "http/router.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace bobbin::http {
namespace {

Response closing_error(Status status, std::string detail) {
  Response response = Response::error(status, std::move(detail));
  response.close = true;
  return response;
}

Response refuse_host(std::string_view authority) {
  Response response =
      closing_error(Status::forbidden, "This server does not answer for the host that was asked for.");
  response.log_fields.host = HandlerLogFields::Host::refused;
  response.log_fields.violation = "Host mismatch (" + std::string(authority) + ")";
  return response;
}

Response refuse_path(std::string_view reason, std::string_view target) {
  Response response = closing_error(Status::forbidden, std::string(reason));
  response.log_fields.violation = "Path traversal attempt (" + std::string(target) + ")";
  return response;
}

/// RFC 9110 §9.3.7: `*` asks about the server as a whole.
Response server_options(std::string_view methods) {
  Response response;
  response.status = Status::no_content;
  response.add_field("Allow", methods);
  return response;
}

Request with_path(const Request& request, std::string_view path) {
  return {.head = request.head,
          .local = request.local,
          .path = path,
          .exchange = request.exchange,
          .worker = request.worker,
          .round = request.round};
}

bool is_not_found(const Begin& begin) {
  if (const auto* response = std::get_if<Response>(&begin)) return response->status == Status::not_found;
  const auto* prepared = std::get_if<const PreparedResponse*>(&begin);
  return prepared != nullptr && (*prepared)->status == Status::not_found;
}

}  // namespace

Router::Router(HostPolicy host_policy, std::vector<Endpoint> bound, std::vector<Route> routes,
               std::string methods, PathRules path_rules)
    : host_policy_(std::move(host_policy)),
      bound_(std::move(bound)),
      routes_(std::move(routes)),
      methods_(std::move(methods)),
      path_rules_(path_rules) {
  ASSERT(!routes_.empty() && routes_.back().match == Route::Match::beneath && routes_.back().path.empty());
  for (const Endpoint& listener : bound_)
    for (const std::string_view host : {"localhost", "127.0.0.1", "[::1]"}) {
      std::string authority = std::string(host) + ":" + std::to_string(listener.port);
      if (host_policy_.accepts(authority, listener, bound_))
        usual_.push_back({std::move(authority), listener.port});
    }
}

bool Router::is_usual(std::string_view authority, const Endpoint& local) const {
  return std::any_of(usual_.begin(), usual_.end(), [&](const Usual& usual) {
    return usual.port == local.port && usual.authority == authority;
  });
}

Begin Router::begin(const Request& request) const {
  const RequestHead& head = request.head;
  if (head.method == Method::unknown) {
    Response response = closing_error(Status::not_implemented, "This server does not know the method " +
                                                                   std::string(head.method_text) + ".");
    response.log_fields.host = HandlerLogFields::Host::unchecked;
    return response;
  }
  if (!is_usual(head.authority, request.local) &&
      !host_policy_.accepts(head.authority, request.local, bound_))
    return refuse_host(head.authority);
  if (head.expects_other)
    return Response::error(Status::expectation_failed,
                           "The only expectation that this server meets is 100-continue.");

  auto parsed = parse_target(head, path_rules_);
  if (const auto* refusal = std::get_if<Refusal>(&parsed))
    return closing_error(refusal->status, std::string(refusal->reason));
  if (const auto* violation = std::get_if<PathViolation>(&parsed))
    return refuse_path(violation->reason, head.target);
  const Target& target = std::get<Target>(parsed);
  if (target.asterisk) return server_options(methods_);
  Begin begin = route(target.path()).handler->begin(with_path(request, target.path()));
  if (target.began_with_two_slashes && is_not_found(begin))
    return refuse_path("A path may not begin with an empty segment.", head.target);
  return begin;
}

ErrorForm Router::error_form(const RequestHead& head) const {
  const auto parsed = parse_target(head, path_rules_);
  const auto* target = std::get_if<Target>(&parsed);
  return target != nullptr ? route(target->path()).handler->error_form(head) : preferred_error_form(head);
}

const Router::Route& Router::route(std::string_view path) const {
  for (const Route& route : routes_) {
    if (route.match == Route::Match::exactly && path == route.path) return route;
    if (route.match == Route::Match::beneath && path.starts_with(route.path) &&
        (route.path.empty() || path.substr(route.path.size()).starts_with('/')))
      return route;
  }
  return routes_.back();
}

}  // namespace bobbin::http

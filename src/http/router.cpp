#include "http/router.h"

#include <utility>

#include "base/assert.h"
#include "http/target.h"

namespace bobbin::http {
namespace {

Response closing_error(Status status, std::string detail) {
  Response response = Response::error(status, std::move(detail));
  response.close = true;
  return response;
}

/// The page says nothing of how to be let in; the log, which only the operator reads, does.
Response refuse_host(std::string_view text, const std::optional<Authority>& authority,
                     const Endpoint& local) {
  Response response =
      closing_error(Status::forbidden, "This server does not answer for the host that was asked for.");
  response.notes.host = HandlerLogFields::Host::refused;
  response.notes.violation = "Host mismatch (" + std::string(text) + ")";
  if (authority)
    response.notes.violation += " (to allow it: --allow-host " + allowing_option(*authority, local) + ")";
  return response;
}

Response refuse_path(std::string_view reason, std::string_view target) {
  Response response = closing_error(Status::forbidden, std::string(reason));
  response.notes.violation = "Path traversal attempt (" + std::string(target) + ")";
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

const Route& route_for(const Site& site, std::string_view path) {
  for (const Route& route : site.routes) {
    if (route.match == Route::Match::exactly && path == route.path) return route;
    if (route.match == Route::Match::beneath && path.starts_with(route.path) &&
        (route.path.empty() || path.substr(route.path.size()).starts_with('/')))
      return route;
  }
  return site.routes.back();
}

}  // namespace

Router::Router(std::vector<Site> sites, std::vector<Endpoint> bound)
    : sites_(std::move(sites)), bound_(std::move(bound)) {
  for (const Site& site : sites_)
    ASSERT(!site.routes.empty() && site.routes.back().match == Route::Match::beneath &&
           site.routes.back().path.empty());
}

Begin Router::begin(const Request& request) const {
  const RequestHead& head = request.head;
  if (head.method == Method::unknown) {
    Response response = closing_error(Status::not_implemented, "This server does not know the method " +
                                                                   std::string(head.method_text) + ".");
    response.notes.host = HandlerLogFields::Host::unchecked;
    return response;
  }
  const auto authority = parse_authority(head.authority);
  const Site* site = site_for(authority, request.local);
  if (site == nullptr) return refuse_host(head.authority, authority, request.local);
  if (head.expects_other)
    return Response::error(Status::expectation_failed,
                           "The only expectation that this server meets is 100-continue.");

  auto parsed = parse_target(head);
  if (const auto* refusal = std::get_if<Refusal>(&parsed))
    return closing_error(refusal->status, std::string(refusal->reason));
  if (const auto* violation = std::get_if<PathViolation>(&parsed))
    return refuse_path(violation->reason, head.target);
  const Target& target = std::get<Target>(parsed);
  if (target.asterisk) return server_options(site->methods);
  return route_for(*site, target.path).handler->begin(with_path(request, target.path));
}

ErrorForm Router::error_form(const RequestHead& head) const {
  // The address of arrival is not known here; a listener's says nearly the same.
  const auto authority = parse_authority(head.authority);
  const Site* site = nullptr;
  for (const Endpoint& endpoint : bound_)
    if (site == nullptr) site = site_for(authority, endpoint);
  if (site == nullptr) site = &sites_.back();
  const auto parsed = parse_target(head);
  const auto* target = std::get_if<Target>(&parsed);
  return target != nullptr ? route_for(*site, target->path).handler->error_form(head)
                           : preferred_error_form(head);
}

const Site* Router::site_for(const std::optional<Authority>& authority, const Endpoint& local) const {
  const Site* best = nullptr;
  Precision greatest = Precision::none;
  for (const Site& site : sites_) {
    const Precision precision = site.hosts.precision(authority, local, bound_);
    if (precision <= greatest) continue;
    best = &site;
    greatest = precision;
  }
  return best;
}

}  // namespace bobbin::http

#include "http/router.h"

#include <algorithm>
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

Response refuse_missing_host() {
  Response response = closing_error(kMissingHost.status, std::string(kMissingHost.reason));
  response.log_fields.host = HandlerLogFields::Host::unchecked;
  response.log_fields.violation = kMissingHost.violation;
  return response;
}

/// The page says nothing of how to be let in; the log, which only the operator reads, does.
Response refuse_host(std::string_view text, const std::optional<Authority>& authority,
                     const Endpoint& local) {
  Response response =
      closing_error(Status::forbidden, "This server does not answer for the host that was asked for.");
  response.log_fields.host = HandlerLogFields::Host::refused;
  response.log_fields.refused = Refused::host;
  response.log_fields.violation = "Host mismatch (" + std::string(text) + ")";
  if (authority)
    response.log_fields.violation +=
        " (to allow it: --allow-host " + allowing_option(*authority, local) + ")";
  return response;
}

Response refuse_path(std::string_view reason, std::string_view target) {
  Response response = closing_error(Status::forbidden, std::string(reason));
  response.log_fields.refused = Refused::path;
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

/// The request as the handlers of a site see it.
Request routed_to(const Site& site, const Request& request, std::string_view path) {
  std::uint64_t variant = 0;
  FileRules file_rules;
  if (site.rules) {
    variant = site.rules->variant(path, request.head);
    file_rules = site.rules->file_rules(variant);
  }
  return {.head = request.head,
          .local = request.local,
          .client = request.client,
          .scheme = request.scheme,
          .path = path,
          .exchange = request.exchange,
          .worker = request.worker,
          .round = request.round,
          .date = request.date,
          .listener = request.listener,
          .is_asked_again = request.is_asked_again,
          .variant = variant,
          .file_rules = file_rules,
          .certificate = request.certificate,
          .user = request.user,
          .decisions = request.decisions};
}

/// Tells of the site and of the rules that hold.
void note_site(const Site& site, Precision precision, const Request& request, const Request& routed) {
  const std::string_view why = precision == Precision::exact        ? ": it is one of its names or addresses"
                               : precision == Precision::everything ? ": it answers for every host"
                                                                    : ": a pattern of its names covers it";
  request.note("site", {site.title, ", for the host ", request.head.authority, why});
  request.note("path", {routed.path.empty() ? "none: the server as a whole" : routed.path});
  if (site.rules) site.rules->note(routed);
}

const Route& route_for(const Site& site, std::string_view path) {
  for (const Route& route : site.routes) {
    if (route.match == Route::Match::exactly && path == route.path) return route;
    if (route.match == Route::Match::beneath && is_beneath(path, route.path)) return route;
  }
  return site.routes.back();
}

}  // namespace

Router::Router(std::vector<Site> sites, std::vector<Endpoint> bound, std::optional<ProxyTrust> trust)
    : sites_(std::move(sites)), bound_(std::move(bound)), trust_(std::move(trust)) {
  ASSERT(!sites_.empty());
  for (const Site& site : sites_)
    ASSERT(!site.routes.empty() && site.routes.back().match == Route::Match::beneath &&
           site.routes.back().path.empty());
  // For these the policies look at nothing of the address of arrival but its port, and not at the scheme.
  for (const Endpoint& listener : bound_)
    for (const std::string_view host : {"localhost", "127.0.0.1", "[::1]"}) {
      std::string authority = std::string(host) + ":" + std::to_string(listener.port);
      if (const Site* site = most_precise(parse_authority(authority), listener, Scheme::http))
        usual_.push_back({std::move(authority), listener.port, site});
    }
}

const Site* Router::site_for(std::string_view authority, const Endpoint& local, Scheme scheme) const {
  for (const Usual& usual : usual_)
    if (usual.port == local.port && usual.authority == authority) return usual.site;
  return most_precise(parse_authority(authority), local, scheme);
}

const Site* Router::most_precise(const std::optional<Authority>& authority, const Endpoint& local,
                                 Scheme scheme) const {
  const Site* best = nullptr;
  Precision greatest = Precision::none;
  for (const Site& site : sites_) {
    const Precision precision = site.hosts.precision(authority, local, bound_, scheme);
    if (precision <= greatest) continue;
    best = &site;
    greatest = precision;
  }
  return best;
}

Begin Router::begin(const Request& request) const {
  const RequestHead& head = request.head;
  const Site* site = site_for(head.authority, request.local, request.listener.scheme);
  if (site == nullptr && head.authority.empty()) return refuse_missing_host();
  if (site == nullptr) return refuse_host(head.authority, parse_authority(head.authority), request.local);
  auto parsed = parse_target(head, site->path_rules, request.scheme);
  if (const auto* refusal = std::get_if<Refusal>(&parsed))
    return closing_error(refusal->status, std::string(refusal->reason));
  if (const auto* violation = std::get_if<PathViolation>(&parsed))
    return refuse_path(violation->reason, head.target);
  const Target& target = std::get<Target>(parsed);
  const Request routed = routed_to(*site, request, target.path());
  if (request.decisions != nullptr)
    note_site(*site,
              site->hosts.precision(parse_authority(head.authority), request.local, bound_,
                                    request.listener.scheme),
              request, routed);
  for (const auto& filter : site->filters)
    if (auto decision = filter->before(routed)) return *std::move(decision);
  if (target.asterisk) return server_options(site->methods);
  const Route& route = route_for(*site, target.path());
  request.note("place", {route.title});
  Begin begin = route.handler->begin(routed);
  if (target.began_with_two_slashes && is_not_found(begin))
    return refuse_path("A path may not begin with an empty segment.", head.target);
  return begin;
}

RequestSummary Router::summarize(const RequestHead& head, const Endpoint& local,
                                 const ListenerRules& listener) const {
  RequestSummary summary = Handler::summarize(head, local, listener);
  // A request that no site answers for is shown as the last site, which is the default one, would show it.
  const Site* site = site_for(head.authority, local, listener.scheme);
  if (site == nullptr) site = &sites_.back();
  summary.site = static_cast<std::size_t>(site - sites_.data());
  if (head.target.empty()) return summary;
  // How an error is shown depends on the path; whether the scheme is right decides begin().
  const auto parsed = parse_target(head, site->path_rules, scheme_of(head.target, listener.scheme));
  if (const auto* target = std::get_if<Target>(&parsed)) {
    summary.error_form = route_for(*site, target->path()).handler->error_form(head);
    if (site->rules) summary.variant = site->rules->variant(target->path(), head);
  }
  return summary;
}

void Router::finish(const RequestSummary& request, Response& response) const {
  const Site& site = sites_[std::min(request.site, sites_.size() - 1)];
  response.log_fields.site = site.number;
  // What no site has answered stands in the log of the server.
  if (response.log_fields.host == HandlerLogFields::Host::accepted)
    response.log_fields.access_log = site.access_log;
  for (auto filter = site.filters.rbegin(); filter != site.filters.rend(); ++filter)
    (*filter)->after(request, response);
}

}  // namespace bobbin::http

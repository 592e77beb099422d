#include "http/filters/canonical_origin.h"

#include <cstdint>

#include "http/host_policy.h"
#include "http/target.h"

namespace bobbin::http::filters {
namespace {

bool is_name(const std::string& host) {
  return host != "localhost" && !host.starts_with('[') && !parse_address(host);
}

/// The port of the listener to which a request in clear text is sent on; nothing: it is right as it is. A
/// trusted proxy may say that its client has come by https already: to send it there again would never end.
std::optional<std::uint16_t> https_port(const Request& request) {
  return request.scheme == Scheme::https ? std::nullopt : request.listener.redirect_port;
}

}  // namespace

std::optional<Begin> CanonicalOrigin::before(const Request& request) const {
  // `OPTIONS *` asks about this server, and has no path.
  if (request.path.empty() || (!exempt_.empty() && is_beneath(request.path, exempt_))) return std::nullopt;
  const auto secured = https_port(request);
  if (!secured && host_.empty()) return std::nullopt;
  auto authority = parse_authority(request.head.authority);
  if (!authority) return std::nullopt;  // allowed where every host is, and an address of nothing
  const bool moves = !host_.empty() && authority->host != host_ && is_name(authority->host);
  if (!secured && !moves) return std::nullopt;

  const Scheme scheme = secured ? Scheme::https : request.scheme;
  const auto port = secured ? secured : authority->port;
  std::string location = scheme == Scheme::https ? "https://" : "http://";
  location += moves ? host_ : authority->host;
  if (port && *port != default_port(scheme)) location += ":" + std::to_string(*port);
  location += path_and_query(request.head.target);
  request.note("redirect",
               {secured ? "this listener sends clients to https" : "", secured && moves ? ", and " : "",
                moves ? "--canonical-host is " : "", moves ? host_ : ""});
  Response response = Response::with_content(Status::permanent_redirect, "", {});
  response.add_field("Location", location);
  return response;
}

}  // namespace bobbin::http::filters

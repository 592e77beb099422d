#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http/filter.h"
#include "http/host_policy.h"
#include "http/target.h"

namespace bobbin::http::filters {

/// Sends the requests of a listener that says so on to the same address under https: 308, so that the method
/// stays (RFC 9110 §15.4.9). The router has seen before that the host is one of ours: nobody is sent
/// elsewhere. Thread: any.
class RedirectToHttps final : public Filter {
 public:
  /// `exempt`: paths beneath this one are answered here; empty: none.
  explicit RedirectToHttps(std::string exempt) : exempt_(std::move(exempt)) {}

  std::optional<Begin> before(const Request& request) const override {
    const auto port = request.listener.redirect_port;
    // A trusted proxy may say that its client has come by https already: to send it there again would never
    // end.
    if (request.scheme == Scheme::https) return std::nullopt;
    // `OPTIONS *` asks about this server, and has no path.
    if (!port || request.path.empty() || (!exempt_.empty() && is_beneath(request.path, exempt_)))
      return std::nullopt;
    const auto authority = parse_authority(request.head.authority);
    if (!authority) return std::nullopt;  // allowed where every host is, and an address of nothing
    std::string location = "https://" + authority->host;
    if (*port != default_port(Scheme::https)) location += ":" + std::to_string(*port);
    location += path_and_query(request.head.target);
    Response response = Response::with_content(Status::permanent_redirect, "", {});
    response.add_field("Location", location);
    return response;
  }

 private:
  /// Of a target in origin-form or in absolute-form (RFC 9112 §3.2), as it was sent.
  [[nodiscard]] static std::string path_and_query(std::string_view target) {
    if (target.starts_with('/')) return std::string(target);
    target.remove_prefix(std::min(target.find("://") + 3, target.size()));
    target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
    return (target.starts_with('/') ? "" : "/") + std::string(target);
  }

  std::string exempt_;
};

}  // namespace bobbin::http::filters

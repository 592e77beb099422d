#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "http/handler.h"
#include "http/host_policy.h"
#include "http/target.h"

namespace bobbin::http {

/// The one door to all handlers: judges method, Host and target of every request, in this order, then finds
/// the handler. What it lets through has an authority that is ours and a path free of traversal. Handlers
/// outlive it.
class Router final : public Handler {
 public:
  /// Which requests a handler gets.
  struct Route {
    enum class Match : std::uint8_t {
      exactly,  ///< this path
      beneath,  ///< paths that start with `path` and '/'
    };
    Match match;
    std::string path;  ///< "" with `beneath`: everything
    const Handler* handler;
  };

  /// `bound`: the addresses of the listeners. Routes are tried in order; the last one must match everything.
  /// `methods`: all that any of them takes, for `OPTIONS *`.
  Router(HostPolicy host_policy, std::vector<Endpoint> bound, std::vector<Route> routes, std::string methods,
         PathRules path_rules = PathRules::strict);

  [[nodiscard]] Begin begin(const Request& request) const override;
  [[nodiscard]] ErrorForm error_form(const RequestHead& head) const override;

 private:
  [[nodiscard]] const Route& route(std::string_view path) const;
  [[nodiscard]] bool is_usual(std::string_view authority, const Endpoint& local) const;

  HostPolicy host_policy_;
  std::vector<Endpoint> bound_;
  std::vector<Route> routes_;
  std::string methods_;
  PathRules path_rules_;
  /// An authority that is accepted whenever the connection arrived at this port: found by comparing text,
  /// where the policy takes it apart.
  struct Usual {
    std::string authority;
    std::uint16_t port;
  };
  std::vector<Usual> usual_;
};

}  // namespace bobbin::http

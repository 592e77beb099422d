#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "http/handler.h"
#include "http/host_policy.h"
#include "http/target.h"

namespace bobbin::http {

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

/// What answers for some hosts. Immutable.
struct Site {
  HostPolicy hosts;
  PathRules path_rules = PathRules::strict;
  std::vector<Route> routes;  ///< tried in order; the last one matches everything
  std::string methods;        ///< all that any of them takes, for `OPTIONS *`
};

/// The way to all handlers: judges the method, chooses the site by the host, judges the target by the site's
/// rules, then finds the handler. What it lets through has an authority that is ours and a path free of
/// traversal. Handlers outlive it.
class Router final : public Handler {
 public:
  /// `bound`: the addresses of the listeners. Of several sites that name a host equally precisely the first
  /// one has it.
  Router(std::vector<Site> sites, std::vector<Endpoint> bound);

  [[nodiscard]] Begin begin(const Request& request) const override;
  [[nodiscard]] ErrorForm error_form(const RequestHead& head) const override;

 private:
  /// Null: no site answers for this host.
  [[nodiscard]] const Site* site_for(const std::optional<Authority>& authority, const Endpoint& local) const;

  std::vector<Site> sites_;
  std::vector<Endpoint> bound_;
};

}  // namespace bobbin::http

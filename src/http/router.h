#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "http/filter.h"
#include "http/handler.h"
#include "http/host_policy.h"
#include "http/site_rules.h"
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
  std::string title = {};  ///< for Request::note: what is there
};

/// What answers for some hosts. Immutable.
struct Site {
  HostPolicy hosts;
  PathRules path_rules = PathRules::strict;
  std::vector<Route> routes;  ///< tried in order; the last one matches everything
  std::string methods;        ///< all that any of them takes, for `OPTIONS *`
  std::vector<std::shared_ptr<const Filter>> filters = {};  ///< around the routes, the outermost first
  std::shared_ptr<const SiteRules> rules = nullptr;         ///< one of the filters; null: there are none
  /// In which log its exchanges stand: 0 is the server's, others are numbered by whoever has them.
  std::uint16_t access_log = 0;
  /// Under which it is counted; numbered by whoever counts.
  std::uint16_t number = 0;
  std::string title = {};  ///< for Request::note
};

/// The way to all handlers: chooses the site by the host, judges the target by the site's rules, then finds
/// the handler. What it lets through has an authority that is ours and a path free of
/// traversal. Handlers outlive it.
class Router final : public Handler {
 public:
  /// `bound`: the addresses of the listeners. Of several sites that name a host equally precisely the first
  /// one has it. `trust`: which proxies are believed; nothing: none.
  Router(std::vector<Site> sites, std::vector<Endpoint> bound,
         std::optional<ProxyTrust> trust = std::nullopt);
  Router(const Router&) = delete;  // usual_ points into sites_
  Router& operator=(const Router&) = delete;

  [[nodiscard]] Begin begin(const Request& request) const override;
  [[nodiscard]] RequestSummary summarize(const RequestHead& head, const Endpoint& local,
                                         const ListenerRules& listener) const override;
  [[nodiscard]] const ProxyTrust* proxies() const override { return trust_ ? &*trust_ : nullptr; }
  /// Applies the filters of the site that the summary names, and says in which log the exchange stands and
  /// where it is counted.
  void finish(const RequestSummary& request, Response& response) const override;

 private:
  /// Null: no site answers for this host.
  [[nodiscard]] const Site* site_for(std::string_view authority, const Endpoint& local, Scheme scheme) const;
  [[nodiscard]] const Site* most_precise(const std::optional<Authority>& authority, const Endpoint& local,
                                         Scheme scheme) const;

  std::vector<Site> sites_;
  std::vector<Endpoint> bound_;
  std::optional<ProxyTrust> trust_;
  /// An authority that leads to the same site whenever the connection arrived at this port: found by
  /// comparing text, where the policies take it apart.
  struct Usual {
    std::string authority;
    std::uint16_t port;
    const Site* site;
  };
  std::vector<Usual> usual_;
};

}  // namespace bobbin::http

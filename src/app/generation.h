#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/open_site.h"
#include "app/private_files.h"
#include "app/server_parts.h"
#include "base/endpoint.h"
#include "base/network.h"
#include "base/result.h"
#include "executor/executor.h"
#include "http/client_claims.h"
#include "http/filter.h"
#include "http/handler.h"
#include "http/router.h"

namespace bobbin::app {

/// Everything that answers requests, made from one configuration: the sites with their directories open and
/// the router in front of them. Immutable; a reload makes another one. Workers hold the one with which their
/// exchanges began.
class Generation {
 public:
  /// `bound` has the addresses of the listeners. `executor` and `server` outlive the generation. When
  /// `server` is null nothing is changed, no document can be stored, and clients have no limits.
  /// `predecessor`: the generation in whose place it is put; null: this is the first one. The error is a
  /// sentence for the operator.
  [[nodiscard]] static Result<std::shared_ptr<const Generation>, std::string> create(
      const Config& config, const std::vector<Endpoint>& bound, executor::Executor& executor,
      const ServerParts* server, const Generation* predecessor);
  /// The same generation, except that the roots of these sites (by index) are opened anew.
  [[nodiscard]] Result<std::shared_ptr<const Generation>, std::string> with_roots_opened_anew(
      const std::vector<std::size_t>& sites) const;

  /// The same generation, except that the files that the sites follow are read anew.
  [[nodiscard]] Result<std::shared_ptr<const Generation>, std::string> with_files_read_anew() const;

  [[nodiscard]] const std::vector<std::shared_ptr<const OpenSite>>& sites() const { return sites_; }
  /// The site_log_files of the configuration of the first generation: the logs that the workers have.
  [[nodiscard]] const std::vector<SiteLogFile>& log_files() const { return sites_.front()->log_files(); }
  /// The proxies that may say for whom they ask.
  [[nodiscard]] Networks trusted_proxies() const { return trust_ ? trust_->proxies : Networks{}; }
  /// The handler that the workers call. It keeps `generation` alive.
  [[nodiscard]] static std::shared_ptr<const http::Handler> handler(
      const std::shared_ptr<const Generation>& generation) {
    return {generation, &generation->handler_};
  }

 private:
  Generation(std::vector<std::shared_ptr<const OpenSite>> sites, const std::vector<Endpoint>& bound,
             const std::string& server_name, const std::optional<http::ProxyTrust>& trust,
             std::shared_ptr<const http::Filter> client_limit, std::vector<PrivateFile> private_files);

  std::vector<std::shared_ptr<const OpenSite>> sites_;
  std::vector<Endpoint> bound_;
  std::string server_name_;
  std::optional<http::ProxyTrust> trust_;
  std::shared_ptr<const http::Filter> client_limit_;
  std::vector<PrivateFile> private_files_;
  http::FilteredHandler handler_;
};

}  // namespace bobbin::app

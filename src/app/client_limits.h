#pragma once

#include <memory>

#include "app/config.h"
#include "http/filter.h"
#include "limits/client_limits.h"
#include "limits/request_limit.h"
#include "observe/registry.h"

namespace bobbin::app {

/// What each client may take, and has taken: it outlives reloads. Thread: the main thread's.
class ClientLimiting {
 public:
  /// `registry` outlives it.
  ClientLimiting(const Config& config, observe::Registry& registry);

  [[nodiscard]] limits::ClientLimits& limits() { return *limits_; }
  /// The filter that holds requests to the limits, for a server that is configured so; null where it limits
  /// no requests.
  [[nodiscard]] std::shared_ptr<const http::Filter> filter_for(const Config& config) const;
  /// The same for the paths of a rule; null where it limits none.
  [[nodiscard]] std::shared_ptr<const http::Filter> filter_for(const SiteConfig& site,
                                                               const RuleConfig& rule) const;
  /// The same for users, whom an earlier filter has to know.
  [[nodiscard]] std::shared_ptr<const http::Filter> user_filter_for(const SiteConfig& site,
                                                                    const RuleConfig& rule) const;
  /// Puts the limits of this configuration into force.
  void apply(const Config& config);

 private:
  std::unique_ptr<limits::ClientLimits> limits_;
  std::shared_ptr<const limits::RequestLimit> filter_;
};

}  // namespace bobbin::app

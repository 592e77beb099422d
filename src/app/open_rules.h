#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "app/client_limits.h"
#include "app/config.h"
#include "app/open_authentication.h"
#include "base/result.h"
#include "executor/executor.h"
#include "http/filter.h"
#include "http/site_rules.h"

namespace bobbin::app {

/// The filters that decide who may ask, for a whole site.
struct Guards {
  std::shared_ptr<const http::Filter> clients;  ///< null: everybody may, as for the others
  std::shared_ptr<const http::Filter> certificates;
  std::shared_ptr<const http::Filter> authentication;
};

/// The rules of a site, with the files that they name read; null: there are none. `site`: the guards of the
/// whole site, of which rules make exceptions. `client_limiting`: null where clients have no limits.
/// `exempt`: see open_authentication. The error is a sentence for the operator.
[[nodiscard]] Result<std::shared_ptr<const http::SiteRules>, std::string> open_rules(
    const SiteConfig& config, const Guards& site, executor::Executor& executor,
    const ClientLimiting* client_limiting, const std::string& exempt);

/// A filter by address; null when both are empty.
[[nodiscard]] std::shared_ptr<const http::Filter> address_guard(const std::vector<std::string>& allowed,
                                                                const std::vector<std::string>& denied);
/// A filter by certificate; null when none is named.
[[nodiscard]] std::shared_ptr<const http::Filter> certificate_guard(const std::vector<std::string>& allowed);

}  // namespace bobbin::app

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "base/result.h"
#include "http/filter.h"
#include "http/media_type.h"

namespace bobbin::app {

/// What a site does with addresses that have moved, and with those at which there is nothing to show.
struct OpenAddresses {
  std::shared_ptr<const http::Filter> redirects;    ///< null: none
  std::shared_ptr<const http::Filter> error_pages;  ///< null: the server's own
};

/// Reads the files that the site names for it. `exempt`: paths beneath this one are never redirected; empty:
/// none. The error is a sentence for the operator.
[[nodiscard]] Result<OpenAddresses, std::string> open_addresses(const SiteConfig& config,
                                                                const http::MediaTypes& types,
                                                                const std::string& exempt);

/// Of the pages for errors those that lie in the root, beneath it.
[[nodiscard]] std::vector<std::string> names_of_error_pages(const SiteConfig& config);

/// The fingerprint of these files as they are now.
[[nodiscard]] std::size_t fingerprint_of_addresses(const SiteConfig& config);

}  // namespace bobbin::app

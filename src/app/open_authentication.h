#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "app/config.h"
#include "base/result.h"
#include "executor/executor.h"
#include "http/filter.h"

namespace bobbin::app {

/// What a site asks its clients to prove, opened.
struct OpenAuthentication {
  std::shared_ptr<const http::Filter> filter;  ///< null: nothing
  std::size_t fingerprint = 0;                 ///< of the files of passwords and tokens, as they were read
};

/// Reads the files. `exempt`: paths beneath this one are open to everybody; empty: none. The executor
/// outlives the filter. The error is a sentence for the operator, and tells no secret.
[[nodiscard]] Result<OpenAuthentication, std::string> open_authentication(const SiteConfig& config,
                                                                          executor::Executor& executor,
                                                                          const std::string& exempt);

/// The fingerprint of the files as they are now.
[[nodiscard]] std::size_t fingerprint_of_secrets(const SiteConfig& config);

}  // namespace bobbin::app

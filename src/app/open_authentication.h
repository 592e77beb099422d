#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "app/config.h"
#include "base/result.h"
#include "executor/executor.h"
#include "http/filter.h"

namespace bobbin::app {

/// What a site or a rule asks its clients to prove. What is referred to lives as long as the configuration.
struct SecretsConfig {
  const std::string& password_file;
  const std::string& token_file;
  const std::string& realm;
  std::string password_option;  ///< for messages: what names the file
  std::string token_option;
};
[[nodiscard]] SecretsConfig secrets_of(const SiteConfig& config);
[[nodiscard]] SecretsConfig secrets_of(const RuleConfig& config);

/// The filter that asks for it; null: nothing is asked. Reads the files. `exempt`: paths beneath this one are
/// open to everybody; empty: none. The executor outlives the filter. The error is a sentence for the
/// operator, and tells no secret.
[[nodiscard]] Result<std::shared_ptr<const http::Filter>, std::string> open_authentication(
    const SecretsConfig& config, executor::Executor& executor, const std::string& exempt);

/// The fingerprint of the files as they are now.
[[nodiscard]] std::size_t fingerprint_of_secrets(const SecretsConfig& config);

}  // namespace bobbin::app

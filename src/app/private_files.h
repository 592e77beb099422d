#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "base/result.h"

namespace bobbin::app {

/// A file with secrets that the configuration names.
struct PrivateFile {
  std::string option;  ///< for messages: "--tls-key", or `bobbin.toml:3:1: [[inbox]] "a": token_file`
  std::string name;
};

/// Those of passwords, tokens, secrets of senders, keys and credentials of the object store. What the tools
/// of AWS find by variables counts where records or roots lie in a store. Thread: none may change the
/// environment.
[[nodiscard]] std::vector<PrivateFile> private_files_of(const Config& config);

/// Whether none of them lies where one of the sites would serve it. Looks at names, and at where links lead.
/// The error is a sentence for the operator.
[[nodiscard]] Result<void, std::string> check_private_files(const std::vector<PrivateFile>& files,
                                                            const std::vector<const SiteConfig*>& sites);

}  // namespace bobbin::app

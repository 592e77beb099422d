#pragma once

#include <string>

// The texts about the options, made from their table.
namespace bobbin::app {

/// --help: lines of at most 100 columns.
[[nodiscard]] std::string help();

/// docs/configuration.md.
[[nodiscard]] std::string markdown();

}  // namespace bobbin::app

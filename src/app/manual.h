#pragma once

#include <string>

// Makes the texts about the options from their table.
namespace bobbin::app {

/// The text of --help, in lines of at most 100 columns.
[[nodiscard]] std::string help();

/// The text of docs/configuration.md.
[[nodiscard]] std::string markdown();

}  // namespace bobbin::app

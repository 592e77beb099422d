#pragma once

#include <string>

#include "app/options.h"

// Makes the texts about the options from their table.
namespace bobbin::app {

/// The default of the profile classic, and that of the profile folder where it differs.
[[nodiscard]] std::string default_of(const Option& option);

/// The text of --help, in lines of at most 100 columns.
[[nodiscard]] std::string help();

/// The text of docs/configuration.md.
[[nodiscard]] std::string markdown();

}  // namespace bobbin::app

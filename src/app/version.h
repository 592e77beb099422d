#pragma once

#include <string>

namespace bobbin::app {

/// The text of --version: the name and the version, and what a program that is linked statically cannot do.
[[nodiscard]] std::string version();

}  // namespace bobbin::app

#pragma once

#include <string>

#include "files/hidden_names.h"

// Where directories and files lie, for judging a configuration. What is served is decided by the kernel.
namespace bobbin::app {

/// The path without links, `.` and `..`, so that two names of one directory are equal. The part that does not
/// exist is left as it is.
[[nodiscard]] std::string canonical(const std::string& path);

/// Whether it is this directory, or lies in it, hidden or not. Both paths are canonical.
[[nodiscard]] bool lies_in(const std::string& place, const std::string& directory);

/// The path of this folder or file in a root: "/" when it is the root, and empty when it does not lie in the
/// root or is hidden there. Both paths are canonical.
[[nodiscard]] std::string path_in_root(const std::string& place, const std::string& root,
                                       const files::HiddenNames& hidden);

}  // namespace bobbin::app

#pragma once

#include <string>

#include "doctor/finding.h"

namespace bobbin::doctor {

/// Looks at a folder in which documents are kept: whether this user may write there, on what file system it
/// lies and what a flush means there, how much is free, and how long a flush takes, for which a file is
/// written and removed again. `about`: what the folder is for.
[[nodiscard]] Findings look_at_folder(const std::string& about, const std::string& folder);

/// Looks who may read a file that nobody but the server should. `about`: the option that names it.
[[nodiscard]] Findings look_at_secret(const std::string& about, const std::string& file);

}  // namespace bobbin::doctor

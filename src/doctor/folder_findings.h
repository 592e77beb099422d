#pragma once

#include <string>
#include <string_view>

#include "doctor/finding.h"

namespace bobbin::doctor {

/// Looks at a folder in which documents are kept, or the one in which it will be made: whether this user may
/// write there, on what file system it lies and what a flush means there, how much is free, whether files can
/// be written without a name, whether the device has a cache, and how long a flush takes, for which a file is
/// written and removed again. `about`: what the folder is for.
[[nodiscard]] Findings look_at_folder(const std::string& about, const std::string& folder);

/// What the cache of a device means, from the text of its queue/write_cache (sysfs-block(5)).
[[nodiscard]] Finding cache_finding(const std::string& about, std::string_view write_cache);

/// Looks who may read a file that nobody but the server should. `about`: the option that names it.
[[nodiscard]] Findings look_at_secret(const std::string& about, const std::string& file);

}  // namespace bobbin::doctor

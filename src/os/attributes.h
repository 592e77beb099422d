#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "os/fd.h"

namespace bobbin::os {

/// Text that is kept with a file, under a name such as "user.bobbin.etag" (xattr(7)). EOPNOTSUPP: the file
/// system keeps none.
[[nodiscard]] Result<void> set_attribute(const Fd& file, const std::string& name, std::string_view value);
/// Of at most 4096 bytes. ENODATA: the file has none of this name.
[[nodiscard]] Result<std::string> attribute(int file, const std::string& name);

/// Sets S_ISVTX, which FileStatus::is_marked shows. A copy does not have it unless it is made with the mode.
[[nodiscard]] Result<void> mark(const Fd& file);

/// When it was read last, and written to.
[[nodiscard]] Result<void> set_times(const Fd& file, WallTime accessed, WallTime modified);
/// When the file at this path was read last, as far as the file system notes it (see mount(8), relatime).
[[nodiscard]] Result<WallTime> accessed_at(const Fd& directory, const std::string& path);

}  // namespace bobbin::os

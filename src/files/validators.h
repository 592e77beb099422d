#pragma once

#include "base/clock.h"
#include "http/precondition.h"
#include "os/file.h"

namespace bobbin::files {

/// Whether what was looked at could still change without its ctime telling, since the kernel stamps with the
/// time of its last tick. `looked_at` is a moment before the status was asked for.
[[nodiscard]] bool could_change_unseen(const os::FileStatus& status, WallTime looked_at);

/// The entity tag and the modification date of a file (RFC 9110 §8.8). `looked_at` is a moment before the
/// status was asked for; were it later, a write in between could hide.
///
/// There is no date for a file whose time lies before 1980 or more than a day ahead. A date is strong when
/// the file was changed within the second that it names; else a tool has set it (touch, rsync -a, cp -p).
///
/// The tag is made of inode, ctime in nanoseconds and size. Not of mtime: a user sets that at will, and an
/// edit that puts it back (cp -p, rsync, tar) would be answered with a false 304.
[[nodiscard]] http::Validators validators(const os::FileStatus& status, WallTime looked_at);

}  // namespace bobbin::files

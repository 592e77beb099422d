#pragma once

#include "base/result.h"
#include "os/fd.h"

namespace bobbin::os {

/// Takes the exclusive lock of an open file or directory, flock(2), which ends when the last descriptor for
/// this opening is closed. Does not wait: false when another opening has it, this process's included.
[[nodiscard]] Result<bool> try_lock(const Fd& file);

/// Gives the lock up while the file stays open.
[[nodiscard]] Result<void> unlock(const Fd& file);

/// Whether the error of try_lock says that the file system has no such locks: some network file systems lock
/// no directories.
[[nodiscard]] bool is_unsupported_lock(const Error& error);

}  // namespace bobbin::os

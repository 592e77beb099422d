#pragma once

#include "base/result.h"

namespace bobbin::os {

/// From now on all threads of this process can make only the system calls that a server needs which has been
/// started (seccomp(2)): none that starts a program or another process, traces one, opens a socket that is
/// not a Unix socket, listens or connects by TCP, mounts, or changes users or privileges. Those fail with
/// EPERM; a call that nobody has thought of fails with ENOSYS, after which the C library does without it. It
/// cannot be taken back. Thread: any. EINVAL where the kernel has no filters.
[[nodiscard]] Result<void> confine_calls();

}  // namespace bobbin::os

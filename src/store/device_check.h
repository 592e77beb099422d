#pragma once

#include "base/result.h"
#include "os/fd.h"

namespace bobbin::store {

/// Whether the device of a directory stores what it is given: writes a file, syncs it, overwrites a part of
/// it and syncs that, syncs its name, reads it back from the device, and removes it. EIO when something else
/// is read than was written. Takes 64 KiB, under a temporary name.
[[nodiscard]] Result<void> check_device(const os::Fd& directory);

}  // namespace bobbin::store

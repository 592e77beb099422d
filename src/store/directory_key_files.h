#pragma once

#include <memory>

#include "os/fd.h"
#include "store/key_files.h"

namespace bobbin::store {

/// Files `.bobbin/keys/0000000001.keys`, which nobody but their owner can read. `folder` outlives the result.
[[nodiscard]] std::unique_ptr<KeyFiles> key_files_in(const os::Fd& folder);

}  // namespace bobbin::store

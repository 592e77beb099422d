#pragma once

#include "base/result.h"
#include "crypto/sha256.h"
#include "os/fd.h"

namespace bobbin::store {

/// The SHA-256 of a regular file from its beginning to its end. Waits for the disk.
[[nodiscard]] Result<crypto::Digest> digest_of(const os::Fd& file);

}  // namespace bobbin::store

#pragma once

#include <cstdint>

#include "base/result.h"
#include "os/fd.h"
#include "store/document_store.h"

namespace bobbin::store {

/// A draft with the content of a file, of so many bytes. Waits for the disk, and while the store has no room,
/// but not for ever: NotStored::Reason::busy. Thread: one that may wait.
[[nodiscard]] Result<Draft, NotStored> draft_of_file(DocumentStore& store, const os::Fd& file,
                                                     std::uint64_t size_bytes);

}  // namespace bobbin::store

#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "crypto/sha256.h"
#include "store/folder_store.h"

namespace bobbin::inbox {

/// Called with the name and the digest of a document that has been stored, by one thread at a time. False:
/// nobody wants to know it any more.
using Told = std::function<bool(const std::string& name, const crypto::Digest& digest)>;

/// Stores so many documents, many at the same time, as uploads would: most of them small, some too large for
/// the journal. Returns when all of them are acknowledged, or nobody wants to know it. The error is a
/// message: one was not stored.
[[nodiscard]] Result<void, std::string> store_documents(store::FolderStore& store, std::uint64_t count,
                                                        const Told& told);

}  // namespace bobbin::inbox

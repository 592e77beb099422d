#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace bobbin::os {

// Reading files without waiting for a disk, and having it waited for elsewhere. What is in the page cache may
// leave it at any moment: an answer here says what is likely, never what is certain.

/// As read_at, but from the page cache alone. EAGAIN: not all of it is there, and the rest would have to be
/// waited for. A file system that cannot tell (EOPNOTSUPP) is read from as read_at does.
[[nodiscard]] Result<std::size_t> read_cached_at(int file, std::span<std::byte> into, std::uint64_t offset);

/// Whether the range can be read without waiting, judged by its first and its last byte: what has been read
/// ahead lacks its end, and what is being evicted loses its beginning first. True where it cannot be told.
[[nodiscard]] bool seems_cached(int file, std::uint64_t offset, std::uint64_t length);

/// Reads the range, as far as there is a file, into the page cache, and returns when it is there.
[[nodiscard]] Result<void> read_into_cache(int file, std::uint64_t offset, std::uint64_t length);

}  // namespace bobbin::os

#include "os/page_cache.h"

#include <algorithm>
#include <sys/uio.h>
#include <unistd.h>

#include "os/call.h"

namespace bobbin::os {
namespace {

ssize_t read_once(int file, std::span<std::byte> into, std::uint64_t offset) {
  return uninterrupted([&] { return ::pread(file, into.data(), into.size(), static_cast<off_t>(offset)); });
}

// RWF_NOWAIT. A miss makes the kernel begin to read, which is what will be wanted anyway.
ssize_t read_cached_once(int file, std::span<std::byte> into, std::uint64_t offset) {
  const iovec piece{into.data(), into.size()};
  return uninterrupted([&] { return ::preadv2(file, &piece, 1, static_cast<off_t>(offset), RWF_NOWAIT); });
}

bool cannot_tell(int code) { return code == EOPNOTSUPP || code == ENOSYS; }

}  // namespace

Result<std::size_t> read_cached_at(int file, std::span<std::byte> into, std::uint64_t offset) {
  std::size_t total = 0;
  while (total < into.size()) {
    const auto rest = into.subspan(total);
    auto count = read_cached_once(file, rest, offset + total);
    if (count < 0 && cannot_tell(errno)) count = read_once(file, rest, offset + total);
    if (count < 0) return last_error("pread");
    if (count == 0) break;
    total += static_cast<std::size_t>(count);
  }
  return total;
}

bool seems_cached(int file, std::uint64_t offset, std::uint64_t length) {
  // Any other error is left to the call that reads the file.
  const auto is_there = [file](std::uint64_t at) {
    std::byte byte;
    return read_cached_once(file, {&byte, 1}, at) >= 0 || errno != EAGAIN;
  };
  return length == 0 || (is_there(offset) && is_there(offset + length - 1));
}

Result<void> read_into_cache(int file, std::uint64_t offset, std::uint64_t length) {
  // The copy is thrown away; a small buffer stays in the CPU's cache, and costs a fraction of what a disk
  // does.
  std::byte buffer[64 * 1024];
  while (length > 0) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(length, sizeof buffer));
    const auto count = read_once(file, std::span(buffer).first(piece), offset);
    if (count < 0) return last_error("pread");
    if (count == 0) break;
    offset += static_cast<std::uint64_t>(count);
    length -= static_cast<std::uint64_t>(count);
  }
  return {};
}

}  // namespace bobbin::os

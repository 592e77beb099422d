#include "os/lock.h"

#include <cerrno>
#include <sys/file.h>

#include "os/call.h"

namespace bobbin::os {

Result<bool> try_lock(const Fd& file) {
  if (uninterrupted([&] { return ::flock(file.number(), LOCK_EX | LOCK_NB); }) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return last_error("flock");
}

Result<void> unlock(const Fd& file) {
  if (uninterrupted([&] { return ::flock(file.number(), LOCK_UN); }) != 0) return last_error("flock");
  return {};
}

bool is_unsupported_lock(const Error& error) {
  switch (error.code) {
    case EBADF:  // NFS wants a descriptor that may write, which a directory's never may
    case EINVAL:
    case ENOLCK:
    case ENOSYS:
    case EOPNOTSUPP: return true;
    default: return false;
  }
}

}  // namespace bobbin::os

#include "os/mount_watch.h"

#include <fcntl.h>
#include <poll.h>

#include "os/call.h"

namespace bobbin::os {

MountWatch::MountWatch() : mounts_(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)) {}

bool MountWatch::has_changed() {
  if (!mounts_) return false;
  // proc(5): the file has an exceptional condition once after each change, until it is polled.
  pollfd entry{.fd = mounts_.number(), .events = POLLPRI, .revents = 0};
  const int count = uninterrupted([&] { return ::poll(&entry, 1, 0); });
  return count > 0 && (entry.revents & (POLLPRI | POLLERR)) != 0;
}

}  // namespace bobbin::os

#include "os/directory_watch.h"

#include <array>
#include <cstddef>
#include <cstdio>
#include <sys/inotify.h>
#include <unistd.h>

#include "os/call.h"

namespace bobbin::os {

Result<DirectoryWatch> DirectoryWatch::start(const Fd& directory) {
  Fd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd) return last_error("inotify_init1");
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", directory.number());
  if (::inotify_add_watch(fd.number(), path, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0)
    return last_error("inotify_add_watch");
  return DirectoryWatch(std::move(fd));
}

void DirectoryWatch::clear() {
  alignas(inotify_event) std::array<std::byte, 16UL * 1024> events;
  while (uninterrupted([&] { return ::read(fd_.number(), events.data(), events.size()); }) > 0) {
  }
}

}  // namespace bobbin::os

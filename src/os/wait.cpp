#include "os/wait.h"

#include <algorithm>
#include <limits>
#include <poll.h>
#include <vector>

namespace bobbin::os {

void wait_until_readable(std::span<const Fd* const> files, milliseconds limit) {
  std::vector<pollfd> watched;
  watched.reserve(files.size());
  for (const Fd* file : files) watched.push_back({.fd = file->number(), .events = POLLIN, .revents = 0});
  constexpr milliseconds kMost(std::numeric_limits<int>::max());
  const milliseconds bounded = std::clamp(limit, milliseconds(0), kMost);
  ::poll(watched.data(), watched.size(), static_cast<int>(bounded.count()));
}

}  // namespace bobbin::os

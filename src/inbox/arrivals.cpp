#include "inbox/arrivals.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "os/wait.h"

namespace bobbin::inbox {

Arrivals::Arrivals(const os::Fd& folder) {
  if (auto watch = os::DirectoryWatch::start(folder)) watch_ = *std::move(watch);
}

void Arrivals::wait(const os::Fd& other, Duration limit) {
  const Duration bounded = std::min<Duration>(limit, seconds(1));
  const std::array<const os::Fd*, 2> files{&other, watch_ ? &watch_->fd() : nullptr};
  os::wait_until_readable(std::span(files).first(watch_ ? 2 : 1), std::chrono::ceil<milliseconds>(bounded));
  if (watch_) watch_->clear();
}

}  // namespace bobbin::inbox

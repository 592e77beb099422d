#include "os/wake.h"

#include <algorithm>
#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

#include "os/call.h"

namespace bobbin::os {
namespace {

thread_local WakesTogether* together = nullptr;  // of this thread

}  // namespace

WakesTogether::WakesTogether() {
  if (together == nullptr) together = this;
}

WakesTogether::~WakesTogether() {
  if (together != this) return;
  together = nullptr;
  for (Wake* wake : noted_) wake->notify_now();
}

Result<Wake> Wake::create() {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return last_error("eventfd");
  return Wake(Fd(fd));
}

void Wake::notify() {
  if (together == nullptr) return notify_now();
  if (std::ranges::find(together->noted_, this) == together->noted_.end()) together->noted_.push_back(this);
}

void Wake::notify_now() {
  const std::uint64_t one = 1;
  // EAGAIN means that the counter is at its maximum: the other side is awake already.
  [[maybe_unused]] const auto written = ::write(fd_.number(), &one, sizeof one);
}

void Wake::clear() {
  std::uint64_t count;
  [[maybe_unused]] const auto got = ::read(fd_.number(), &count, sizeof count);
}

}  // namespace bobbin::os

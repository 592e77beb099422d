#include "os/wake.h"

#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

#include "os/call.h"

namespace bobbin::os {

Result<Wake> Wake::create() {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return last_error("eventfd");
  return Wake(Fd(fd));
}

void Wake::notify() {
  const std::uint64_t one = 1;
  // EAGAIN means that the counter is at its maximum: the other side is awake already.
  [[maybe_unused]] const auto written = ::write(fd_.number(), &one, sizeof one);
}

void Wake::clear() {
  std::uint64_t count;
  [[maybe_unused]] const auto got = ::read(fd_.number(), &count, sizeof count);
}

}  // namespace bobbin::os

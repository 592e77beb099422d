#include "os/fd.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace bobbin::os {

void Fd::close() {
  // Linux frees the number even when close reports EINTR: never close twice. Directly, as in socket.cpp.
  if (number_ >= 0) ::syscall(SYS_close, std::exchange(number_, -1));
}

}  // namespace bobbin::os

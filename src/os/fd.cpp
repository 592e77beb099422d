#include "os/fd.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace bobbin::os {
namespace {

// Linux frees the number even when close reports EINTR: never close twice.
void close_number(int number) {
#ifdef __SANITIZE_THREAD__
  // ThreadSanitizer has to see the close, or it goes on taking the thread that opened this number for an
  // owner of whatever file gets the number next, and reports a race of the two.
  ::close(number);
#else
  ::syscall(SYS_close, number);  // directly, as in socket.cpp
#endif
}

}  // namespace

void Fd::close() {
  if (number_ >= 0) close_number(std::exchange(number_, -1));
}

}  // namespace bobbin::os

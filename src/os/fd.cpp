#include "os/fd.h"

#include <unistd.h>

namespace bobbin::os {

void Fd::close() {
  // Linux frees the number even when close reports EINTR: never close twice.
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

}  // namespace bobbin::os

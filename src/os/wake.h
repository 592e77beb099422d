#pragma once

#include "base/result.h"
#include "os/fd.h"

namespace bobbin::os {

/// Makes another thread's poller return: an eventfd. Thread: `notify` by any, `clear` by the waiting one.
class Wake {
 public:
  [[nodiscard]] static Result<Wake> create();
  void notify();
  void clear();
  [[nodiscard]] const Fd& fd() const { return fd_; }

 private:
  explicit Wake(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace bobbin::os

#pragma once

#include <vector>

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
  friend class WakesTogether;
  explicit Wake(Fd fd) : fd_(std::move(fd)) {}
  void notify_now();
  Fd fd_;
};

/// While it lives, what its thread notifies is noted, and at its end each is notified once: a thread that was
/// woken by the first of many messages would take the CPU, read that one, and wait again. The notified
/// outlive it. Inside another one it does nothing. Thread: one.
class WakesTogether {
 public:
  WakesTogether();
  WakesTogether(const WakesTogether&) = delete;
  WakesTogether& operator=(const WakesTogether&) = delete;
  ~WakesTogether();

 private:
  friend class Wake;
  std::vector<Wake*> noted_;
};

}  // namespace bobbin::os

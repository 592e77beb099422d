#pragma once

#include <cstddef>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/test_patience.h"

namespace bobbin::executor {

/// For tests: tasks that call pass() wait there until the gate is opened, like calls into a disk that hangs.
/// Thread: any.
class Gate {
 public:
  void pass() {
    const Lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    while (!is_open_) changed_.wait(mutex_);
  }
  void open() {
    const Lock lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  /// Waits until `count` tasks have called pass(), whether or not they have passed. False when patience has
  /// ended.
  [[nodiscard]] bool wait_for(std::size_t count) {
    const Instant deadline = end_of_patience();
    const Lock lock(mutex_);
    while (arrived_ < count) {
      if (monotonic_now() >= deadline) return false;
      changed_.wait_for(mutex_, milliseconds(100));
    }
    return true;
  }
  [[nodiscard]] std::size_t arrived() {
    const Lock lock(mutex_);
    return arrived_;
  }

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  std::size_t arrived_ GUARDED_BY(mutex_) = 0;
  bool is_open_ GUARDED_BY(mutex_) = false;
};

}  // namespace bobbin::executor

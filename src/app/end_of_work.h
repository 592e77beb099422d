#pragma once

#include "app/milestone.h"
#include "base/mutex.h"
#include "executor/executor.h"

namespace bobbin::app {

/// Shuts the executor down once nobody has work for it any more: neither the workers nor a predecessor that
/// delivers documents. Thread: any.
class EndOfWork {
 public:
  /// `ended` is reached when the executor has ended. The references outlive this object.
  EndOfWork(executor::Executor& executor, Milestone& ended, bool has_predecessor)
      : executor_(executor), ended_(ended), has_predecessor_(has_predecessor) {}

  /// To be called once.
  void workers_ended() EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    has_workers_ = false;
    look();
  }
  /// Or it is not waited for any more.
  void predecessor_ended() EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    has_predecessor_ = false;
    look();
  }

 private:
  void look() REQUIRES(mutex_) {
    if (has_workers_ || has_predecessor_ || is_over_) return;
    is_over_ = true;
    executor_.shut_down([this] { ended_.reach(); });
  }

  executor::Executor& executor_;
  Milestone& ended_;
  Mutex mutex_;
  bool has_workers_ GUARDED_BY(mutex_) = true;
  bool has_predecessor_ GUARDED_BY(mutex_);
  bool is_over_ GUARDED_BY(mutex_) = false;
};

}  // namespace bobbin::app

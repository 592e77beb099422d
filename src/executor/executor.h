#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/move_only_function.h"
#include "base/mutex.h"

namespace bobbin::executor {

using Task = MoveOnlyFunction<void()>;

class Executor;

/// The tasks of one purpose on one device: a bounded queue, first in first out. No more than a limited number
/// of its tasks run at the same time. A lane lives as long as its executor. Thread: any.
class Lane {
 public:
  struct Limits {
    std::size_t parallel = 4;        ///< tasks that run at the same time
    std::size_t waiting = 1024;      ///< tasks that wait; more are refused
    bool runs_at_shut_down = false;  ///< tasks that wait at the shut-down are run; otherwise they are dropped
  };

  Lane(Executor& executor, std::string_view purpose, Limits limits)
      : executor_(executor), purpose_(purpose), limits_(limits) {}
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  /// Hands the task to another thread, which runs it. False when the lane is full, when the executor is shut
  /// down, or when the system has not a single thread for it; the task is dropped then. This call never
  /// waits. A task may take long and may add other tasks; it must not throw.
  [[nodiscard]] bool run(Task task) { return add({.task = std::move(task)}); }
  /// The same for a task that only `owner` wants: once `owner` has expired, the task is dropped instead of
  /// run, and does not count against the limit of the queue. Of a queue without a limit, such tasks are never
  /// more than half, except in a short one.
  [[nodiscard]] bool run_for(std::weak_ptr<const void> owner, Task task) {
    return add({.task = std::move(task), .owner = std::move(owner)});
  }

 private:
  friend class Executor;
  struct Waiting {
    Task task;
    std::optional<std::weak_ptr<const void>> owner = {};
    [[nodiscard]] bool is_wanted() const { return !owner || !owner->expired(); }
  };
  [[nodiscard]] bool add(Waiting waiting);
  [[nodiscard]] bool is_runnable() const { return !waiting_.empty() && running_ < limits_.parallel; }

  Executor& executor_;
  const std::string purpose_;
  const Limits limits_;
  // The executor's mutex guards these four.
  std::deque<Waiting> waiting_;
  std::size_t next_sweep_ = 0;  // how many must wait before those that nobody wants are dropped again
  std::size_t running_ = 0;
  bool is_ready_ = false;  // whether the lane is in Executor::ready_
};

/// The threads that may wait for a disk, so that no worker has to. They are shared by all lanes and started
/// when they are needed: an executor without work has none.
///
/// A disk that hangs holds up only the tasks of its own lanes. A lane runs no more tasks than its limit, and
/// there may be as many threads as the limits of all lanes together allow. So a lane never lacks a thread
/// because the tasks of other lanes hang. The number of lanes is bounded: where files lie on very many
/// devices, some of these devices share a lane.
///
/// How threads are woken. When a lane can run a task, one idle thread is woken, or one thread is started. No
/// second one is woken before the first has come (`wake_pending_`): a thread that has taken a task wakes the
/// next one when there is still something to do. No task is forgotten, because the following is true whenever
/// the mutex is free and a lane is ready: either a thread has been woken and has not looked for a task yet,
/// or every thread is busy and will look for a task when it has finished its own. The reasons are these.
///
/// A lane becomes ready when a task is added, or when one of its tasks has ended and others wait. In both
/// cases wake_one() is called before the mutex is released. A thread that has taken a task calls it too.
///
/// wake_one() does nothing when no lane is ready or when a thread has been woken already. Otherwise it takes
/// a thread from idle_, or starts one, and sets wake_pending_. When it can do neither, no thread is idle:
/// each of them runs a task, and looks for another when that has ended. Once no task is left after the
/// shut-down, it wakes the threads one after the other so that they end.
///
/// Only the thread that was woken clears wake_pending_, under the mutex, before it looks for a task. Each
/// thread has a condition variable of its own, so that no other thread can receive its wake-up.
///
/// The thread that became idle last is woken first, because its memory is still in the CPU's cache.
///
/// Thread: any, except that shut_down and join belong to the thread that made the executor.
class Executor {
 public:
  /// How many devices have a lane of their own for each purpose. Further devices share these lanes.
  static constexpr std::size_t kDevicesPerPurpose = 16;

  Executor() = default;
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// The lane of this purpose for a device (st_dev). The first call for a lane decides its limits.
  [[nodiscard]] Lane& lane(std::uint64_t device, std::string_view purpose, Lane::Limits limits)
      EXCLUDES(mutex_);

  /// What it has to do at this moment.
  struct Load {
    struct OfPurpose {
      std::string purpose;
      std::size_t waiting = 0;  ///< tasks
      std::size_t running = 0;  ///< likewise
    };
    std::vector<OfPurpose> purposes = {};
    std::size_t threads = 0;
  };
  [[nodiscard]] Load load() const EXCLUDES(mutex_);

  /// Takes no more tasks, except those that running tasks add to lanes that run at the shut-down. `ended` is
  /// called once, when the last thread has ended, or at once when there is no thread. This call does not
  /// wait, since a disk may hang.
  void shut_down(std::function<void()> ended) EXCLUDES(mutex_);
  /// Waits for the threads after shut_down. Where a disk may hang, call it only after `ended` was called.
  void join() EXCLUDES(mutex_);

 private:
  friend class Lane;
  struct Thread {
    std::thread thread;
    ConditionVariable wake;
    bool is_woken = false;  // guarded by mutex_
  };
  struct DeviceLane {
    std::uint64_t device;
    std::unique_ptr<Lane> lane;
  };

  [[nodiscard]] bool add(Lane& lane, Lane::Waiting waiting) EXCLUDES(mutex_);
  [[nodiscard]] bool has_room(Lane& lane, std::vector<Lane::Waiting>& dropped) REQUIRES(mutex_);
  void work(Thread& self) EXCLUDES(mutex_);
  /// `lane` is the lane of the last task, or null for a new thread; it becomes the lane of the next one.
  /// Returns nothing when the thread shall end.
  [[nodiscard]] std::optional<Lane::Waiting> next_task(Thread& self, Lane*& lane) EXCLUDES(mutex_);
  void finish(Lane& lane) REQUIRES(mutex_);
  void wait_until_woken(Thread& self) REQUIRES(mutex_);
  void update_ready(Lane& lane) REQUIRES(mutex_);
  /// Returns the idle thread that the caller must notify, or null.
  [[nodiscard]] Thread* wake_one() REQUIRES(mutex_);
  [[nodiscard]] bool spawn() REQUIRES(mutex_);
  [[nodiscard]] bool is_finished() const REQUIRES(mutex_) {
    return stopping_ && waiting_ == 0 && running_ == 0;
  }

  mutable Mutex mutex_;
  std::vector<DeviceLane> lanes_ GUARDED_BY(mutex_);
  std::deque<Lane*> ready_ GUARDED_BY(mutex_);  // lanes that can run a task now, served in turn
  std::size_t waiting_ GUARDED_BY(mutex_) = 0;  // tasks that wait, in all lanes
  std::size_t running_ GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<Thread>> threads_ GUARDED_BY(mutex_);
  std::size_t alive_ GUARDED_BY(mutex_) = 0;  // how many of these threads have not ended
  std::vector<Thread*> idle_ GUARDED_BY(mutex_);
  bool wake_pending_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::function<void()> ended_ GUARDED_BY(mutex_);
};

}  // namespace bobbin::executor

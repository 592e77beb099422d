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

/// The tasks of one purpose on one device: a bounded queue, first in first out, of which a limited number run
/// at the same time. Thread: any. Lives as long as its executor.
class Lane {
 public:
  struct Limits {
    std::size_t parallel = 4;        ///< tasks that run at the same time
    std::size_t waiting = 1024;      ///< tasks that wait; beyond these, run refuses
    bool runs_at_shut_down = false;  ///< what waits then is run; otherwise it is dropped
  };

  Lane(Executor& executor, std::string_view purpose, Limits limits)
      : executor_(executor), purpose_(purpose), limits_(limits) {}
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  /// Has the task run by another thread. False: the lane is full, the executor is shut down, or the system
  /// has not a single thread for it; then the task is dropped. Never waits. A task may take long, and may run
  /// other tasks; it must not throw.
  [[nodiscard]] bool run(Task task) { return add({.task = std::move(task)}); }
  /// The same for somebody's sake: once `owner` has expired, the task is dropped instead of run, and takes up
  /// no place in the queue.
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
  // Under the executor's mutex:
  std::deque<Waiting> waiting_;
  std::size_t running_ = 0;
  bool is_ready_ = false;  // stands in Executor::ready_
};

/// The threads that may wait for a disk, so that no worker has to. They are shared by all lanes and started
/// when they are needed: an executor without work has none.
///
/// A disk that hangs holds up only what lies on it. A lane runs no more tasks than its limit, and there may
/// be as many threads as the limits of all lanes together allow. So a lane never lacks a thread because the
/// tasks of others hang. The number of lanes is bounded: where files lie on very many devices, some share
/// one.
///
/// Waking. A thread is woken, or started, for a task that can run; one at a time (`wake_pending_`), since
/// each that comes wakes the next if there is still something to do. Nothing is forgotten, because whenever
/// the mutex is free and a lane is ready, either a thread is on its way to look for a task, or every thread
/// is busy and will look when it has done:
///  * A lane becomes ready when a task is added, or when one of its tasks has ended and others wait. Both
///  call
///    wake_one() before they let go of the mutex, and so does a thread that has taken a task.
///  * wake_one() does nothing when nothing is ready, or when somebody is on the way. Otherwise it takes a
///  thread
///    from idle_, or starts one, and sets wake_pending_. When it can do neither, no thread is idle: each runs
///    a task, and looks again when that has ended.
///  * wake_pending_ is cleared only by the thread that has come, under the mutex, before it looks. A thread
///  has
///    a condition variable of its own, so that no other can take a call that was meant for it.
/// The thread that became idle last is woken first: its memory is still in the cache, and those at the other
/// end are not needed.
///
/// Thread: any, but for shut_down and join, which belong to the one that made it.
class Executor {
 public:
  /// Devices that have a lane of their own for each purpose; further ones share these.
  static constexpr std::size_t kDevicesPerPurpose = 16;

  Executor() = default;
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// The lane of this purpose for a device (st_dev). The first one to ask decides the limits.
  [[nodiscard]] Lane& lane(std::uint64_t device, std::string_view purpose, Lane::Limits limits)
      EXCLUDES(mutex_);

  /// Takes no more tasks, but for those that running tasks add to lanes that run to their end. `ended` is
  /// called once, when the last thread has ended: at once when there is none. Does not wait, since a disk may
  /// hang.
  void shut_down(std::function<void()> ended) EXCLUDES(mutex_);
  /// Waits for the threads, after shut_down. Where a disk may hang, call it after `ended` only.
  void join() EXCLUDES(mutex_);

 private:
  friend class Lane;
  struct Thread {
    std::thread thread;
    ConditionVariable wake;
    bool is_woken = false;  // under mutex_
  };
  struct DeviceLane {
    std::uint64_t device;
    std::unique_ptr<Lane> lane;
  };

  [[nodiscard]] bool add(Lane& lane, Lane::Waiting waiting) EXCLUDES(mutex_);
  [[nodiscard]] bool has_room(Lane& lane, std::vector<Lane::Waiting>& dropped) REQUIRES(mutex_);
  void work(Thread& self) EXCLUDES(mutex_);
  /// `lane`: where the last task came from, none for a new thread; then where the next one comes from.
  /// Nothing is returned when the thread shall end.
  [[nodiscard]] std::optional<Lane::Waiting> next_task(Thread& self, Lane*& lane) EXCLUDES(mutex_);
  void finish(Lane& lane) REQUIRES(mutex_);
  void wait_until_woken(Thread& self) REQUIRES(mutex_);
  void update_ready(Lane& lane) REQUIRES(mutex_);
  /// The idle thread that the caller must notify, if any.
  [[nodiscard]] Thread* wake_one() REQUIRES(mutex_);
  [[nodiscard]] bool spawn() REQUIRES(mutex_);
  [[nodiscard]] bool is_finished() const REQUIRES(mutex_) {
    return stopping_ && waiting_ == 0 && running_ == 0;
  }

  Mutex mutex_;
  std::vector<DeviceLane> lanes_ GUARDED_BY(mutex_);
  std::deque<Lane*> ready_ GUARDED_BY(mutex_);  // lanes that can run a task now; each takes its turn
  std::size_t waiting_ GUARDED_BY(mutex_) = 0;  // tasks, in all lanes
  std::size_t running_ GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<Thread>> threads_ GUARDED_BY(mutex_);
  std::size_t alive_ GUARDED_BY(mutex_) = 0;  // of these, how many have not ended
  std::vector<Thread*> idle_ GUARDED_BY(mutex_);
  bool wake_pending_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::function<void()> ended_ GUARDED_BY(mutex_);
};

}  // namespace bobbin::executor

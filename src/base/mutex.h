#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define BOBBIN_ATTRIBUTE(x) __attribute__((x))
#else
#define BOBBIN_ATTRIBUTE(x)
#endif

// Checked by clang's -Wthread-safety in `./check`: every shared member names the mutex that guards it.
#define GUARDED_BY(mutex) BOBBIN_ATTRIBUTE(guarded_by(mutex))
#define REQUIRES(...) BOBBIN_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) BOBBIN_ATTRIBUTE(locks_excluded(__VA_ARGS__))

namespace bobbin {

class BOBBIN_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() BOBBIN_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() BOBBIN_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  friend class ConditionVariable;
  std::mutex mutex_;
};

class BOBBIN_ATTRIBUTE(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex& mutex) BOBBIN_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) { mutex_.lock(); }
  ~Lock() BOBBIN_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

class ConditionVariable {
 public:
  /// Waits until notified; may also return for no reason, so call it in a loop that asks the condition.
  void wait(Mutex& mutex) REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  /// The same, but at most `limit` long.
  template <typename Rep, typename Period>
  void wait_for(Mutex& mutex, std::chrono::duration<Rep, Period> limit) REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    condition_.wait_for(lock, limit);
    lock.release();
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace bobbin

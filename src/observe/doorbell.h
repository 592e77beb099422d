#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "base/mutex.h"

namespace bobbin::observe {

/// How writers wake the logger thread: one system call for each of its rests at most, not one for each entry.
///
/// No wake-up is lost, because each side stores before it loads, all sequentially consistent: a writer
/// publishes its entry, then reads the state; the logger publishes its state, then looks for entries. One of
/// them sees the other.
class Doorbell {
 public:
  /// Tells of an entry that is in its ring by now. A napping logger is disturbed only when `urgent`. Thread:
  /// any.
  void ring(bool urgent) {
    const State state = state_.load();
    if (state == State::asleep || (urgent && state == State::napping)) wake();
  }

  /// Ends a rest. For a request that `has_work` has been able to see since before the call. Thread: any.
  void wake() {
    if (state_.exchange(State::awake) == State::awake) return;
    // A thread that found the old state under the mutex is inside wait() once we have had the mutex.
    {
      Lock lock(mutex_);
    }
    condition_.notify_one();
  }

  /// Rests for `length` so that entries gather; `has_work` asks for what is urgent. Thread: the logger's.
  template <typename HasWork>
  void nap(Duration length, HasWork has_work) {
    rest(State::napping, monotonic_now() + length, has_work);
  }

  /// Rests until an entry comes; `has_work` asks for any entry or request. Thread: the logger's.
  template <typename HasWork>
  void sleep(HasWork has_work) {
    rest(State::asleep, kNever, has_work);
  }

 private:
  enum class State : std::uint8_t { awake, napping, asleep };

  template <typename HasWork>
  void rest(State depth, Instant until, HasWork has_work) {
    state_.store(depth);
    if (!has_work()) wait(depth, until);
    state_.store(State::awake);
  }

  void wait(State depth, Instant until) EXCLUDES(mutex_) {
    Lock lock(mutex_);
    while (state_.load() == depth) {
      if (until == kNever) {
        condition_.wait(mutex_);
        continue;
      }
      const Duration left = until - monotonic_now();
      if (left <= Duration::zero()) return;
      condition_.wait_for(mutex_, left);
    }
  }

  std::atomic<State> state_{State::awake};
  Mutex mutex_;  // guards nothing but the moment between looking at state_ and waiting
  ConditionVariable condition_;
};

}  // namespace bobbin::observe

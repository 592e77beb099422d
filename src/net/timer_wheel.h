#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace bobbin::net {

class TimerWheel;

/// The base class of an object with a deadline that a timer wheel keeps. Its end takes it off the wheel.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { unlink(); }

 private:
  friend class TimerWheel;
  void unlink();

  Timer* previous_ = nullptr;  // null when the timer is in no slot
  Timer* next_ = nullptr;
  Instant deadline_ = kNever;
  std::int64_t tick_ = 0;  // the tick of the slot it is in, which is not later than its deadline
};

/// Deadlines of many connections (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", scheme 6).
/// To set a deadline to a later moment, as every request does, is one store: the timer stays in its slot and
/// is moved on when the turn of that slot comes. A timer is up to one tick late and never early. Thread: that
/// of the owner.
class TimerWheel {
 public:
  static constexpr Duration kTick = milliseconds(64);

  explicit TimerWheel(Instant start);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// kNever takes the timer off the wheel.
  void set(Timer& timer, Instant deadline);

  /// Takes one timer whose deadline has passed off the wheel and returns it. Returns null when none is left;
  /// the caller calls again until then.
  [[nodiscard]] Timer* expired(Instant now);

  /// How long it is until the next slot that holds a timer, rounded up to whole milliseconds. Nothing when
  /// the wheel is empty.
  [[nodiscard]] std::optional<milliseconds> until_next(Instant now);

 private:
  static constexpr std::int64_t kSlots = 512;

  [[nodiscard]] std::int64_t tick_of(Instant moment) const { return (moment - start_) / kTick; }
  [[nodiscard]] Timer& slot(std::int64_t tick) { return slots_[static_cast<std::size_t>(tick % kSlots)]; }
  void link(Timer& timer);

  Instant start_;
  std::int64_t current_ = 0;         // all earlier slots have been emptied
  std::int64_t earliest_ = 0;        // no timer is in an earlier slot, so until_next() need not look there
  std::array<Timer, kSlots> slots_;  // each one is the head of a ring of timers
};

}  // namespace bobbin::net

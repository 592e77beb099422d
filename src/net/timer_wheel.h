#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace bobbin::net {

class TimerWheel;

/// What a timer wheel keeps a deadline for: derive from it. Leaves its wheel when destroyed.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { unlink(); }

 private:
  friend class TimerWheel;
  void unlink();

  Timer* previous_ = nullptr;  // null: in no slot
  Timer* next_ = nullptr;
  Instant deadline_ = kNever;
  std::int64_t tick_ = 0;  // of the slot it is in: not later than its deadline
};

/// Deadlines of many connections (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", scheme 6).
/// Setting one later, as every request does, is one store: the timer stays in its slot and is moved on when
/// that slot comes up. Up to one tick late, never early. Thread: its owner's.
class TimerWheel {
 public:
  static constexpr Duration kTick = milliseconds(64);

  explicit TimerWheel(Instant start);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// kNever takes the timer off the wheel.
  void set(Timer& timer, Instant deadline);

  /// One timer whose deadline has passed, taken off the wheel; nothing when there is none left. Call until
  /// then.
  [[nodiscard]] Timer* expired(Instant now);

  /// How long until the next slot that holds a timer, rounded up to whole milliseconds; nothing when the
  /// wheel is empty.
  [[nodiscard]] std::optional<milliseconds> until_next(Instant now);

 private:
  static constexpr std::int64_t kSlots = 512;

  [[nodiscard]] std::int64_t tick_of(Instant moment) const { return (moment - start_) / kTick; }
  [[nodiscard]] Timer& slot(std::int64_t tick) { return slots_[static_cast<std::size_t>(tick % kSlots)]; }
  void link(Timer& timer);

  Instant start_;
  std::int64_t current_ = 0;         // all earlier ticks have been emptied
  std::int64_t earliest_ = 0;        // no timer is in an earlier tick: until_next() need not look there again
  std::array<Timer, kSlots> slots_;  // each the head of a ring
};

}  // namespace bobbin::net

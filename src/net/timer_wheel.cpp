#include "net/timer_wheel.h"

#include <algorithm>

namespace bobbin::net {

void Timer::unlink() {
  if (previous_ == nullptr) return;
  previous_->next_ = next_;
  next_->previous_ = previous_;
  previous_ = next_ = nullptr;
}

TimerWheel::TimerWheel(Instant start) : start_(start) {
  for (Timer& head : slots_) head.previous_ = head.next_ = &head;
}

void TimerWheel::link(Timer& timer) {
  // The timer goes to the tick after its deadline's, so that it is never early. A deadline beyond the wheel
  // waits in the farthest slot.
  timer.tick_ = std::clamp(tick_of(timer.deadline_) + 1, current_, current_ + kSlots - 1);
  earliest_ = std::min(earliest_, timer.tick_);
  Timer& head = slot(timer.tick_);
  timer.previous_ = head.previous_;
  timer.next_ = &head;
  head.previous_->next_ = &timer;
  head.previous_ = &timer;
}

void TimerWheel::set(Timer& timer, Instant deadline) {
  timer.deadline_ = deadline;
  if (deadline == kNever) return timer.unlink();
  if (timer.previous_ != nullptr && timer.tick_ <= tick_of(deadline) + 1) return;
  timer.unlink();
  link(timer);
}

Timer* TimerWheel::expired(Instant now) {
  const std::int64_t end = tick_of(now);
  // After a long pause one turn of the wheel is enough, since it visits every slot.
  current_ = std::max(current_, end - kSlots + 1);
  while (current_ <= end) {
    Timer& head = slot(current_);
    while (head.next_ != &head) {
      Timer& timer = *head.next_;
      timer.unlink();
      if (timer.deadline_ <= now) return &timer;
      // Its deadline has been set later since it came here. Its new slot is a later one than this, since
      // deadline > now means that its tick is > end, and end ≥ current_.
      link(timer);
    }
    if (current_ == end) break;
    ++current_;
  }
  return nullptr;
}

std::optional<milliseconds> TimerWheel::until_next(Instant now) {
  for (earliest_ = std::max(earliest_, current_); earliest_ < current_ + kSlots; ++earliest_) {
    if (slot(earliest_).next_ == &slot(earliest_)) continue;
    const Instant due = start_ + earliest_ * kTick;
    return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(due - now));
  }
  return std::nullopt;
}

}  // namespace bobbin::net

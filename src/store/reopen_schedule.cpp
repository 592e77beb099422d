#include "store/reopen_schedule.h"

namespace bobbin::store {

ReopenSchedule::Step ReopenSchedule::next(Instant now) {
  if (is_given_up_) return Step::wait;
  if (!next_) {
    if (now - passed_ >= kTrust) proofs_ = 0;
    is_given_up_ = proofs_ == pauses_.size();
    if (is_given_up_) return Step::give_up;
    next_ = now + pauses_.at(proofs_);
  }
  return now >= *next_ ? Step::prove : Step::wait;
}

void ReopenSchedule::passed(Instant now) {
  ++proofs_;
  passed_ = now;
  next_.reset();
}

std::optional<Duration> ReopenSchedule::failed(Instant now) {
  is_given_up_ = ++proofs_ == pauses_.size();
  if (is_given_up_) return std::nullopt;
  const Duration pause = pauses_.at(proofs_);
  next_ = now + pause;
  return pause;
}

void ReopenSchedule::put_off(Instant now) { next_ = now + pauses_.front(); }

}  // namespace bobbin::store

#include "object_store/shared_credentials.h"

#include <algorithm>
#include <utility>

namespace bobbin::object_store {
namespace {

/// How long until credentials are renewed that hold for so long. The clock of this machine is ahead where
/// they seem to have ended: they are used all the same.
Duration pause_before_renewal(Duration lifetime) {
  if (lifetime <= Duration::zero()) return SharedCredentials::kMargin;
  return std::max(SharedCredentials::kPause, lifetime - std::min(SharedCredentials::kMargin, lifetime / 2));
}

/// How often whoever waits looks whether to end.
constexpr milliseconds kAbortLook{100};

}  // namespace

Result<Credentials, Trouble> SharedCredentials::get(const Credentials* refused,
                                                    const IsToAbort& is_to_abort) {
  {
    const Lock lock(mutex_);
    while (true) {
      if (now_() >= end_) known_.reset();
      if (!is_due(refused)) return known();
      if (!is_issuing_) break;
      if (known_ && !is_refused(refused)) return known();
      if (is_to_abort()) return failure(Trouble{.kind = Trouble::Kind::aborted, .reason = "told to end"});
      issued_.wait_for(mutex_, kAbortLook);
    }
    is_issuing_ = true;
  }
  auto issued = issue_(is_to_abort);
  const Lock lock(mutex_);
  is_issuing_ = false;
  issued_.notify_all();
  if (!issued && issued.error().kind == Trouble::Kind::aborted) return failure(std::move(issued.error()));
  take(std::move(issued));
  return known();
}

bool SharedCredentials::is_refused(const Credentials* refused) const {
  return refused != nullptr && known_ == *refused;
}

bool SharedCredentials::is_due(const Credentials* refused) const {
  return now_() >= (is_refused(refused) ? std::min(due_, due_if_refused_) : due_);
}

void SharedCredentials::take(Result<IssuedCredentials, Trouble> issued) {
  const Instant now = now_();
  if (issued) {
    const auto lifetime = issued->lifetime;
    known_ = std::move(issued->credentials);
    due_ = lifetime ? now + pause_before_renewal(*lifetime) : kNever;
    // Not before others are asked for.
    end_ = lifetime && *lifetime > Duration::zero() ? std::max(now + *lifetime, due_) : kNever;
    refused_pause_ = lifetime ? kRefusedPause : Duration::zero();
  } else {
    trouble_ = std::move(issued.error());
    if (now >= end_) known_.reset();
    if (!known_)
      due_ = now + kPause;
    else if (due_ <= now)
      due_ = now + pause_before_renewal(end_ == kNever ? Duration::zero() : end_ - now);
  }
  due_if_refused_ = now + refused_pause_;
}

Result<Credentials, Trouble> SharedCredentials::known() const {
  if (known_) return *known_;
  return failure(trouble_);
}

}  // namespace bobbin::object_store

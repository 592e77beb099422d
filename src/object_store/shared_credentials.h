#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "object_store/objects.h"
#include "object_store/signature_v4.h"

namespace bobbin::object_store {

/// Credentials as they have just been issued.
struct IssuedCredentials {
  Credentials credentials;
  /// How long they hold by the clock of this machine, which may be wrong: zero or less does not mean that
  /// they are of no use. Nothing: they are not temporary.
  std::optional<Duration> lifetime = {};
};

/// The credentials of a process, for all of its connections to the object store: however many ask, they are
/// issued once. Temporary ones are renewed before they end, by one thread, while the others go on with those
/// that there are. Nothing is issued before somebody asks. Thread: any.
class SharedCredentials {
 public:
  using IsToAbort = std::function<bool()>;
  /// Called by one thread at a time; waits for no longer than a request to the store may. The reason of a
  /// trouble has nothing of a secret.
  using Issue = std::function<Result<IssuedCredentials, Trouble>(const IsToAbort& is_to_abort)>;
  using Clock = std::function<Instant()>;

  /// How long before their end credentials are renewed, or half of their time before it where that is less.
  static constexpr Duration kMargin = std::chrono::minutes(5);
  /// After a failure where there are no others.
  static constexpr Duration kPause = seconds(1);
  /// The least time between two answers of whoever issues temporary ones to a store that refuses them: what
  /// it refuses may be the request.
  static constexpr Duration kRefusedPause = seconds(10);

  explicit SharedCredentials(Issue issue, Clock now = monotonic_now)
      : issue_(std::move(issue)), now_(std::move(now)) {}

  /// Those of now. `refused`: those that the store has refused, so that others are wanted; null: none. When
  /// others cannot be had, those that there are are returned until they end.
  [[nodiscard]] Result<Credentials, Trouble> get(const Credentials* refused, const IsToAbort& is_to_abort)
      EXCLUDES(mutex_);

 private:
  [[nodiscard]] bool is_refused(const Credentials* refused) const REQUIRES(mutex_);
  [[nodiscard]] bool is_due(const Credentials* refused) const REQUIRES(mutex_);
  void take(Result<IssuedCredentials, Trouble> issued) REQUIRES(mutex_);
  [[nodiscard]] Result<Credentials, Trouble> known() const REQUIRES(mutex_);

  const Issue issue_;
  const Clock now_;
  Mutex mutex_;
  ConditionVariable issued_;
  bool is_issuing_ GUARDED_BY(mutex_) = false;
  std::optional<Credentials> known_ GUARDED_BY(mutex_);
  Instant end_ GUARDED_BY(mutex_) = kNever;          // of those
  Instant due_ GUARDED_BY(mutex_) = Instant::min();  // when others are wanted
  Instant due_if_refused_ GUARDED_BY(mutex_) = Instant::min();
  Duration refused_pause_ GUARDED_BY(mutex_) = Duration::zero();
  Trouble trouble_ GUARDED_BY(mutex_) = {.kind = Trouble::Kind::unavailable,
                                         .reason = {}};  // why there are none
};

}  // namespace bobbin::object_store

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/test_patience.h"
#include "store/document_store.h"

namespace bobbin::store {

/// What became of a document, in a form that tests can compare.
struct Verdict {
  enum class Kind : std::uint8_t {
    pending,
    stored,
    busy,
    closed,
    failed,
    conflict,
    unreachable
  } kind = Kind::pending;
  std::string name = {};  ///< of one that is stored
  std::uint64_t sequence = 0;
  bool is_repetition = false;
  std::optional<StoredBundle> bundle = {};
  int code = 0;  ///< errno of one that has failed

  [[nodiscard]] static Verdict of(const Outcome& outcome) {
    if (outcome)
      return {.kind = Kind::stored,
              .name = outcome->name,
              .sequence = outcome->sequence,
              .is_repetition = outcome->is_repetition,
              .bundle = outcome->bundle};
    switch (outcome.error().reason) {
      case NotStored::Reason::conflict: return {.kind = Kind::conflict};
      case NotStored::Reason::busy: return {.kind = Kind::busy};
      case NotStored::Reason::closed: return {.kind = Kind::closed};
      case NotStored::Reason::unreachable: return {.kind = Kind::unreachable};
      case NotStored::Reason::failed: break;
    }
    return {.kind = Kind::failed, .code = outcome.error().cause.code};
  }
};

/// For tests: collects what becomes of documents, by number. Thread: any.
class TestOutcomes {
 public:
  /// Called with each verdict, on the thread that gives it, before anybody can take it.
  std::function<void(int, const Verdict&)> on_outcome = [](int, const Verdict&) {};

  [[nodiscard]] MoveOnlyFunction<void(Outcome)> expect(int number) {
    return [this, number](const Outcome& outcome) {
      const Verdict verdict = Verdict::of(outcome);
      on_outcome(number, verdict);
      const Lock lock(mutex_);
      verdicts_[number] = verdict;
      changed_.notify_all();
    };
  }
  /// Takes the verdict on a document; pending when there is none before patience ends.
  [[nodiscard]] Verdict wait(int number) {
    const Instant deadline = end_of_patience();
    const Lock lock(mutex_);
    while (!verdicts_.contains(number)) {
      if (monotonic_now() >= deadline) return {};
      changed_.wait_for(mutex_, milliseconds(100));
    }
    return std::move(verdicts_.extract(number).mapped());
  }
  [[nodiscard]] bool has(int number) {
    const Lock lock(mutex_);
    return verdicts_.contains(number);
  }
  [[nodiscard]] std::size_t size() {
    const Lock lock(mutex_);
    return verdicts_.size();
  }

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  std::map<int, Verdict> verdicts_ GUARDED_BY(mutex_);
};

}  // namespace bobbin::store

#include "inbox/worker.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fmt/format.h>
#include <optional>
#include <variant>

#include "inbox/arrivals.h"
#include "inbox/random_number.h"
#include "os/file.h"
#include "os/wait.h"

namespace bobbin::inbox {
namespace {

/// Why it has not succeeded, where the record goes on from here.
std::string reason_in(const Outcome& outcome) {
  if (const auto* failed = std::get_if<Failed>(&outcome)) return failed->reason;
  if (const auto* hopeless = std::get_if<Hopeless>(&outcome)) return hopeless->reason;
  const auto* interrupted = std::get_if<Interrupted>(&outcome);
  return interrupted != nullptr ? interrupted->reason : "";
}

class Worker {
 public:
  Worker(const RecordFolders& folders, const WorkerOptions& options, Handling& handling, StopSignals& stop,
         const Report& report)
      : folders_(folders),
        options_(options),
        handling_(handling),
        stop_(stop),
        report_(report),
        arrivals_(folders.at(RecordFolder::unclaimed)),
        consumer_(folders, options.consumer, report) {}

  Result<void, std::string> run() {
    TRY(consumer_.take_back());
    while (!is_stopped()) {
      const auto claimed = TRY(consumer_.claim_next());
      if (claimed)
        TRY(handle(*claimed));
      else if (options_.ends_when_empty)
        return {};
      else
        arrivals_.wait(stop_.fd(), Duration::max());
    }
    return {};
  }

 private:
  bool is_stopped() { return stop_.count() > 0; }

  /// A step of a job, and how often it has been attempted, the present time included.
  struct Attempt {
    const ClaimedRecord& claimed;
    Job& job;
    std::size_t step;
    std::size_t number = 1;
  };
  enum class StepEnd : std::uint8_t {
    succeeded,
    failed,
    given_back,  ///< the record is in `new`
    taken_away,  ///< by another program
  };

  Result<void, std::string> handle(const ClaimedRecord& claimed) {
    const auto job = TRY(handling_.begin(claimed));
    std::size_t failed = 0;
    for (std::size_t step = 0; step < job->steps(); ++step) {
      if (step > 0 && is_stopped()) {
        give_back(claimed);
        return {};
      }
      const StepEnd end = TRY(take_step({claimed, *job, step}));
      if (end == StepEnd::given_back || end == StepEnd::taken_away) return {};
      if (end == StepEnd::failed) ++failed;
    }
    const RecordPlace target{failed > 0 ? RecordFolder::failed : RecordFolder::done, claimed.claim.record};
    if (failed > 0 && job->steps() > 1)
      report_(fmt::format("{}: of its {} records {} failed", target.text(), job->steps(),
                          failed == 1 ? "one has" : fmt::format("{} have", failed)));
    move(claimed, target);
    return {};
  }

  Result<StepEnd, std::string> take_step(Attempt attempt) {
    for (;; ++attempt.number) {
      const Outcome outcome = TRY(attempt.job.attempt(attempt.step, attempt.number, stop_));
      if (std::holds_alternative<Succeeded>(outcome)) return StepEnd::succeeded;
      if (const auto* unable = std::get_if<Unable>(&outcome))
        return failure(TRY(give_back_unattempted(attempt.claimed, *unable)));
      const auto pause = pause_after(attempt, outcome);
      if (!pause) return end_step(attempt, outcome);
      report_(fmt::format("{}: {}; again in {}", place_of(attempt), text_of(attempt, outcome),
                          rounded_text(*pause)));
      if (const auto end = wait(attempt.claimed, *pause)) return *end;
    }
  }

  /// The message that ends this worker.
  Result<std::string, std::string> give_back_unattempted(const ClaimedRecord& claimed, const Unable& unable) {
    const std::string& record = claimed.claim.record;
    static_cast<void>(TRY(folders_.settle(claimed.place(), {RecordFolder::unclaimed, record})));
    return fmt::format("{}, and new/{} is given out again: {}", unable.what, record, unable.reason);
  }

  /// Nothing: this attempt was the last one.
  std::optional<milliseconds> pause_after(const Attempt& attempt, const Outcome& outcome) {
    const auto* failed = std::get_if<Failed>(&outcome);
    if (failed == nullptr || is_stopped()) return std::nullopt;
    const auto pause = options_.retry.pause_after(attempt.number, random_number());
    return pause ? std::optional(std::max(*pause, failed->shortest_pause)) : std::nullopt;
  }

  /// Nothing: there is to be another attempt.
  std::optional<StepEnd> wait(const ClaimedRecord& claimed, milliseconds pause) {
    const RecordPlace place = claimed.place();
    const Instant end = monotonic_now() + pause;
    while (!is_stopped()) {
      const auto status = os::status_at(folders_.at(place.folder), place.name);
      if (!status && status.error().code == ENOENT) {
        report_(fmt::format("{} is not tried again, since another program has taken it away", place.text()));
        return StepEnd::taken_away;
      }
      const Instant now = monotonic_now();
      if (now >= end) return std::nullopt;
      const std::array<const os::Fd*, 1> files{&stop_.fd()};
      os::wait_until_readable(files,
                              std::min<milliseconds>(std::chrono::ceil<milliseconds>(end - now), seconds(1)));
    }
    give_back(claimed);
    return StepEnd::given_back;
  }

  StepEnd end_step(const Attempt& attempt, const Outcome& outcome) {
    const bool is_given_back = is_left_for_another_worker(attempt, outcome);
    const RecordPlace target{is_given_back ? RecordFolder::unclaimed : RecordFolder::failed,
                             attempt.claimed.claim.record};
    const bool is_hopeless = options_.retry.has_pauses() && std::holds_alternative<Hopeless>(outcome);
    report_(fmt::format(
        "{}: {}{}", is_given_back || attempt.job.steps() == 1 ? target.text() : place_of(attempt),
        text_of(attempt, outcome), is_hopeless ? ", which says that another attempt is of no use" : ""));
    if (!is_given_back) return StepEnd::failed;
    move(attempt.claimed, target);
    return StepEnd::given_back;
  }

  /// Whether this worker is to end, and leaves attempts.
  bool is_left_for_another_worker(const Attempt& attempt, const Outcome& outcome) {
    if (std::holds_alternative<Interrupted>(outcome)) return true;
    return std::holds_alternative<Failed>(outcome) && is_stopped() &&
           attempt.number < options_.retry.attempts();
  }

  void give_back(const ClaimedRecord& claimed) {
    const RecordPlace target{RecordFolder::unclaimed, claimed.claim.record};
    report_(fmt::format("{} is given out again, since this worker was told to end", target.text()));
    move(claimed, target);
  }

  [[nodiscard]] static std::string place_of(const Attempt& attempt) {
    const std::string place = attempt.claimed.place().text();
    return attempt.job.steps() == 1 ? place : place + ", " + attempt.job.name_of(attempt.step);
  }

  [[nodiscard]] std::string text_of(const Attempt& attempt, const Outcome& outcome) const {
    std::string text = reason_in(outcome);
    if (!options_.retry.has_pauses()) return text;
    if (options_.retry.is_endless()) return fmt::format("attempt {}: {}", attempt.number, text);
    return fmt::format("attempt {} of {}: {}", attempt.number, options_.retry.attempts(), text);
  }

  /// What cannot be moved stays in `work` and is given out again by the next run.
  void move(const ClaimedRecord& claimed, const RecordPlace& target) {
    const auto moved = folders_.settle(claimed.place(), target);
    if (!moved)
      report_(moved.error());
    else if (!*moved)
      report_(fmt::format("{} cannot be moved to {}, since another program has taken it away",
                          claimed.place().text(), target.text()));
  }

  const RecordFolders& folders_;
  const WorkerOptions& options_;
  Handling& handling_;
  StopSignals& stop_;
  const Report& report_;
  Arrivals arrivals_;
  Consumer consumer_;
};

}  // namespace

Result<void, std::string> run_worker(const RecordFolders& folders, const WorkerOptions& options,
                                     Handling& handling, StopSignals& stop, const Report& report) {
  return Worker(folders, options, handling, stop, report).run();
}

}  // namespace bobbin::inbox

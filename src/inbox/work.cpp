#include "inbox/work.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "inbox/arrivals.h"
#include "inbox/text.h"
#include "os/command.h"
#include "os/file.h"
#include "os/process.h"
#include "os/random.h"
#include "os/wait.h"

namespace bobbin::inbox {
namespace {

/// How an attempt has ended. The error: the command could not be started.
using Outcome = Result<os::Command::End>;

bool is_success(const Outcome& outcome) { return outcome == os::Command::End(); }

/// Whether another attempt would end likewise.
bool is_hopeless(const Outcome& outcome) {
  return outcome && *outcome == os::Command::End{.is_by_signal = false, .number = kExitHopeless};
}

/// What a command that has not succeeded has ended with.
std::string problem_of(const Outcome& outcome) {
  if (!outcome) return fmt::format("the command cannot be started: {}", outcome.error().message());
  if (!outcome->is_by_signal)
    return fmt::format("the command has ended with the exit status {}", outcome->number);
  return fmt::format("signal {} has ended the command ({})", outcome->number, ::strsignal(outcome->number));
}

std::uint32_t random_number() {
  std::array<std::byte, sizeof(std::uint32_t)> bytes{};
  os::fill_random(bytes);
  return std::bit_cast<std::uint32_t>(bytes);
}

class Worker {
 public:
  Worker(const RecordFolders& folders, const WorkOptions& options, const Report& report, std::string program,
         os::Signals signals)
      : folders_(folders),
        options_(options),
        report_(report),
        program_(std::move(program)),
        signals_(std::move(signals)),
        arrivals_(folders.at(RecordFolder::unclaimed)),
        consumer_(folders, options.consumer, report) {}

  Result<void, std::string> run() {
    TRY(consumer_.take_back());
    while (!is_stopped()) {
      const auto claimed = TRY(consumer_.claim_next());
      if (claimed)
        TRY(give_to_command(*claimed));
      else
        arrivals_.wait(signals_.fd(), Duration::max());
    }
    return {};
  }

 private:
  bool is_stopped() {
    while (signals_.next()) is_stopped_ = true;
    return is_stopped_;
  }

  /// An attempt at a record, from 1.
  struct Attempt {
    const ClaimedRecord& claimed;
    std::size_t number;
  };

  Result<void, std::string> give_to_command(const ClaimedRecord& claimed) {
    for (Attempt attempt{claimed, 1};; ++attempt.number) {
      const Outcome outcome = TRY(make(attempt));
      if (!outcome && !options_.retry.has_pauses())
        return failure(TRY(give_back_unstarted(attempt, outcome)));
      const auto pause = pause_after(attempt, outcome);
      if (!pause) {
        end(attempt, outcome);
        return {};
      }
      report_(fmt::format("{}: {}; again in {}", claimed.place().text(), text_of(attempt, outcome),
                          rounded_text(*pause)));
      if (!wait(attempt, *pause)) return {};
    }
  }

  /// Runs the command once.
  Result<Outcome, std::string> make(const Attempt& attempt) {
    const RecordPlace place = attempt.claimed.place();
    // Another opening, since the lock of ours ends with this process, and not with the command.
    const auto input = folders_.open_file(place);
    if (!input) return Outcome(failure(input.error()));
    auto command = os::Command::start(program_, words_for(place), *input,
                                      {fmt::format("{}={}", kAttemptVariable, attempt.number)});
    if (!command) return Outcome(failure(command.error()));
    return Outcome(TRY(end_of(*command)));
  }

  /// The message that ends this worker.
  Result<std::string, std::string> give_back_unstarted(const Attempt& attempt, const Outcome& outcome) {
    const std::string& record = attempt.claimed.claim.record;
    static_cast<void>(TRY(folders_.settle(attempt.claimed.place(), {RecordFolder::unclaimed, record})));
    return fmt::format("\"{}\" cannot be started, and new/{} is given out again: {}",
                       printable(options_.command.front()), record, outcome.error().message());
  }

  /// Nothing: this attempt was the last one.
  std::optional<milliseconds> pause_after(const Attempt& attempt, const Outcome& outcome) {
    if (is_success(outcome) || is_hopeless(outcome) || is_stopped()) return std::nullopt;
    return options_.retry.pause_after(attempt.number, random_number());
  }

  /// False: there is to be no further attempt, since this worker is to end, or the claim is gone.
  bool wait(const Attempt& attempt, milliseconds pause) {
    const RecordPlace place = attempt.claimed.place();
    const Instant end = monotonic_now() + pause;
    while (!is_stopped()) {
      const auto status = os::status_at(folders_.at(place.folder), place.name);
      if (!status && status.error().code == ENOENT) {
        report_(fmt::format("{} is not tried again, since another program has taken it away", place.text()));
        return false;
      }
      const Instant now = monotonic_now();
      if (now >= end) return true;
      const std::array<const os::Fd*, 1> files{&signals_.fd()};
      os::wait_until_readable(files,
                              std::min<milliseconds>(std::chrono::ceil<milliseconds>(end - now), seconds(1)));
    }
    const RecordPlace target{RecordFolder::unclaimed, attempt.claimed.claim.record};
    report_(fmt::format("{} is given out again, since this worker was told to end", target.text()));
    move(attempt.claimed, target);
    return false;
  }

  [[nodiscard]] std::vector<std::string> words_for(const RecordPlace& place) const {
    std::vector<std::string> words = options_.command;
    words.push_back(folders_.path_of(place));
    return words;
  }

  Result<os::Command::End, std::string> end_of(os::Command& command) {
    for (;;) {
      const auto end = TRY(command.end().map_error([](const Error& error) { return error.message(); }));
      if (end) return *end;
      const std::array<const os::Fd*, 2> files{&command.fd(), &signals_.fd()};
      os::wait_until_readable(files, seconds(1));
      while (signals_.next())
        if (std::exchange(is_stopped_, true)) command.terminate();
    }
  }

  void end(const Attempt& attempt, const Outcome& outcome) {
    const RecordPlace target{folder_after(attempt, outcome), attempt.claimed.claim.record};
    if (!is_success(outcome))
      report_(fmt::format("{}: {}{}", target.text(), text_of(attempt, outcome),
                          options_.retry.has_pauses() && is_hopeless(outcome)
                              ? ", which says that another attempt is of no use"
                              : ""));
    move(attempt.claimed, target);
  }

  /// Where the record goes for which there is no further attempt.
  RecordFolder folder_after(const Attempt& attempt, const Outcome& outcome) {
    if (is_success(outcome)) return RecordFolder::done;
    if (is_hopeless(outcome) || !is_stopped()) return RecordFolder::failed;
    const bool is_interrupted = outcome && outcome->is_by_signal;
    const bool is_last = attempt.number >= options_.retry.attempts();
    return is_interrupted || !is_last ? RecordFolder::unclaimed : RecordFolder::failed;
  }

  [[nodiscard]] std::string text_of(const Attempt& attempt, const Outcome& outcome) const {
    std::string text = problem_of(outcome);
    if (!options_.retry.has_pauses()) return text;
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
  const WorkOptions& options_;
  const Report& report_;
  std::string program_;
  os::Signals signals_;
  bool is_stopped_ = false;
  Arrivals arrivals_;
  Consumer consumer_;
};

}  // namespace

Result<void, std::string> work(const RecordFolders& folders, const WorkOptions& options,
                               const Report& report) {
  auto program = os::find_command(options.command.front());
  if (!program)
    return failure(fmt::format("\"{}\" is not allowed; a program that can be run is needed: {}",
                               printable(options.command.front()), reason_of(program.error())));
  auto signals = os::Signals::block({SIGTERM, SIGINT, SIGHUP, SIGQUIT});
  if (!signals) return failure(signals.error().message());
  return Worker(folders, options, report, *std::move(program), *std::move(signals)).run();
}

}  // namespace bobbin::inbox

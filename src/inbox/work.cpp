#include "inbox/work.h"

#include <array>
#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "inbox/arrivals.h"
#include "inbox/text.h"
#include "os/command.h"
#include "os/process.h"
#include "os/wait.h"

namespace bobbin::inbox {
namespace {

/// What a command that has not succeeded has ended with.
std::string text_of(const os::Command::End& end) {
  if (!end.is_by_signal) return fmt::format("the command has ended with the exit status {}", end.number);
  return fmt::format("signal {} has ended the command ({})", end.number, ::strsignal(end.number));
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

  Result<void, std::string> give_to_command(const ClaimedRecord& claimed) {
    const RecordPlace place = claimed.place();
    // Another opening, since the lock of ours ends with this process, and not with the command.
    const auto input = folders_.open_file(place);
    auto command = input ? os::Command::start(program_, words_for(place), *input) : failure(input.error());
    if (!command) {
      static_cast<void>(TRY(folders_.settle(place, {RecordFolder::unclaimed, claimed.claim.record})));
      return failure(fmt::format("\"{}\" cannot be started, and new/{} is given out again: {}",
                                 printable(options_.command.front()), claimed.claim.record,
                                 command.error().message()));
    }
    end(claimed, TRY(end_of(*command)));
    return {};
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

  /// What cannot be moved stays in `work` and is given out again by the next run.
  void end(const ClaimedRecord& claimed, const os::Command::End& end) {
    const bool is_done = end == os::Command::End();
    const bool is_interrupted = end.is_by_signal && is_stopped();
    const RecordPlace target{is_done          ? RecordFolder::done
                             : is_interrupted ? RecordFolder::unclaimed
                                              : RecordFolder::failed,
                             claimed.claim.record};
    if (!is_done) report_(fmt::format("{}: {}", target.text(), text_of(end)));
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

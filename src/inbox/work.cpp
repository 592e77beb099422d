#include "inbox/work.h"

#include <array>
#include <cstring>
#include <fmt/format.h>
#include <utility>

#include "inbox/handling.h"
#include "inbox/stop_signals.h"
#include "inbox/text.h"
#include "inbox/worker.h"
#include "os/command.h"
#include "os/wait.h"

namespace bobbin::inbox {
namespace {

/// The command, as it is run for each record.
struct Program {
  const RecordFolders& folders;
  const WorkOptions& options;
  std::string file;
};

class CommandJob final : public Job {
 public:
  CommandJob(const Program& program, const ClaimedRecord& claimed)
      : program_(program), place_(claimed.place()) {}

  [[nodiscard]] std::size_t steps() const override { return 1; }
  [[nodiscard]] std::string name_of(std::size_t) const override { return place_.text(); }

  [[nodiscard]] Result<Outcome, std::string> attempt(std::size_t, std::size_t number,
                                                     StopSignals& stop) override {
    // Another opening, since the lock of ours ends with this process, and not with the command.
    const auto input = program_.folders.open_file(place_);
    if (!input) return not_started(input.error());
    auto command =
        os::Command::start(program_.file, words(), *input, {fmt::format("{}={}", kAttemptVariable, number)});
    if (!command) return not_started(command.error());
    return outcome_of(TRY(end_of(*command, stop)), stop);
  }

 private:
  [[nodiscard]] Outcome not_started(const Error& error) const {
    if (program_.options.retry.has_pauses())
      return Failed{.reason = fmt::format("the command cannot be started: {}", error.message())};
    return Unable{
        .what = fmt::format("\"{}\" cannot be started", printable(program_.options.command.front())),
        .reason = error.message()};
  }

  [[nodiscard]] std::vector<std::string> words() const {
    std::vector<std::string> words = program_.options.command;
    words.push_back(program_.folders.path_of(place_));
    return words;
  }

  static Result<os::Command::End, std::string> end_of(os::Command& command, StopSignals& stop) {
    for (unsigned passed_on = 1;;) {
      const auto end = TRY(command.end().map_error([](const Error& error) { return error.message(); }));
      if (end) return *end;
      const std::array<const os::Fd*, 2> files{&command.fd(), &stop.fd()};
      os::wait_until_readable(files, seconds(1));
      for (; passed_on < stop.count(); ++passed_on) command.terminate();
    }
  }

  static Outcome outcome_of(const os::Command::End& end, StopSignals& stop) {
    if (end == os::Command::End()) return Succeeded();
    if (!end.is_by_signal) {
      std::string reason = fmt::format("the command has ended with the exit status {}", end.number);
      if (end.number == kExitHopeless) return Hopeless{std::move(reason)};
      return Failed{.reason = std::move(reason)};
    }
    std::string reason =
        fmt::format("signal {} has ended the command ({})", end.number, ::strsignal(end.number));
    if (stop.count() > 0) return Interrupted{std::move(reason)};
    return Failed{.reason = std::move(reason)};
  }

  const Program& program_;
  RecordPlace place_;
};

class CommandHandling final : public Handling {
 public:
  explicit CommandHandling(Program program) : program_(std::move(program)) {}

  [[nodiscard]] Result<std::unique_ptr<Job>, std::string> begin(const ClaimedRecord& claimed) override {
    return std::make_unique<CommandJob>(program_, claimed);
  }

 private:
  Program program_;
};

}  // namespace

Result<void, std::string> work(const RecordFolders& folders, const WorkOptions& options,
                               const Report& report) {
  auto file = os::find_command(options.command.front());
  if (!file)
    return failure(fmt::format("\"{}\" is not allowed; a program that can be run is needed: {}",
                               printable(options.command.front()), reason_of(file.error())));
  StopSignals stop = TRY(StopSignals::block());
  CommandHandling handling({folders, options, *std::move(file)});
  return run_worker(folders, {.consumer = options.consumer, .retry = options.retry}, handling, stop, report);
}

}  // namespace bobbin::inbox

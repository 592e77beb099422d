#include "app/request_upgrade.h"

#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <string>
#include <thread>

#include "app/command_output.h"
#include "app/parse_configuration.h"
#include "app/upgrade_protocol.h"
#include "base/clock.h"
#include "os/pid_file.h"
#include "os/process.h"

namespace bobbin::app {
namespace {

constexpr int kExitFailed = 1;
constexpr Duration kPause = milliseconds(20);
/// A server with a disk that hangs says nothing.
constexpr Duration kPatience =
    upgrade_protocol::kStartPatience + upgrade_protocol::kTakeOverPatience + seconds(30);

int fail(int status, const std::string& message) {
  print_failure("upgrade: " + message);
  return status;
}

/// Waits until the file says something else than `before`.
int wait_for_successor(const std::string& file, const os::NamedProcess& before) {
  const Instant end = monotonic_now() + kPatience;
  while (monotonic_now() < end) {
    std::this_thread::sleep_for(kPause);
    const auto now = os::read_pid_file(file);
    const bool has_changed = now && now->version != before.version && now->is_locked;
    if (has_changed && now->process != before.process)
      return print_report(
                 fmt::format("Process {} serves in place of process {}\n", now->process, before.process))
                 ? EXIT_SUCCESS
                 : kExitFailed;
    if (has_changed)
      return fail(kExitFailed, fmt::format("process {} serves on; its log says why", before.process));
    if (!os::process_lives(before.process))
      return fail(kExitFailed, fmt::format("process {} has ended; its log says why", before.process));
  }
  return fail(kExitFailed,
              fmt::format("process {} has not been upgraded in time; its log says why", before.process));
}

}  // namespace

int request_upgrade(const RequestUpgrade& request) {
  const std::string& file = request.pid_file;
  if (file.empty())
    return fail(
        kExitUsage,
        "it is not known which server is meant; --pid-file names the file that says so, and the server must "
        "have been started with it (kill -USR2 does the same for a process that is known by its number)");
  const auto named = os::read_pid_file(file);
  if (!named)
    return fail(kExitUsage, fmt::format("\"{}\" does not name a server; the file of --pid-file is needed: {}",
                                        file, named.error().message()));
  if (!named->is_locked)
    return fail(kExitUsage,
                fmt::format("\"{}\" was left behind by process {}, which has ended", file, named->process));
  if (const auto told = os::signal_process(named->process, SIGUSR2); !told)
    return fail(kExitUsage, fmt::format("process {} cannot be told, which needs its user or root: {}",
                                        named->process, told.error().message()));
  return wait_for_successor(file, *named);
}

}  // namespace bobbin::app

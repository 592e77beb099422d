#include "app/spools.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fmt/format.h>
#include <span>
#include <thread>
#include <utility>

#include "app/object_store_access.h"
#include "app/parse_configuration.h"
#include "app/sandbox.h"
#include "inbox/drain.h"
#include "inbox/record_folders.h"
#include "os/directory.h"
#include "os/helper_process.h"
#include "os/landlock.h"
#include "os/lock.h"
#include "os/process.h"

namespace bobbin::app {
namespace {

constexpr milliseconds kForever{-1};
constexpr milliseconds kAtOnce{0};
constexpr milliseconds kShortWait{200};
/// Between two attempts where an operator has to mend something, such as the credentials.
constexpr milliseconds kMendingPause = std::chrono::minutes(1);

/// Each node has a folder of its own, in which names come in order: see inbox/pull.h.
object_store::Location place_of(const InboxConfig& inbox, const ServerConfig& config) {
  auto place = *object_store::parse_location(inbox.target);
  place.prefix += node_name(config) + "/";
  return place;
}

/// The life of a process that moves the records of one inbox.
class Drainer {
 public:
  Drainer(const InboxConfig& inbox, const object_store::BucketAccess& target, const os::MessageSocket& server)
      : inbox_(inbox), target_(target), server_(server) {}

  /// Until the server has ended.
  void run() {
    std::thread watcher([this] { wait_for_server(); });
    while (!has_ended_) drain();
    watcher.join();
  }

 private:
  /// Ends the process then as a signal from outside would.
  void wait_for_server() {
    while (true) {
      const auto message = server_.receive(kForever);
      if (!message || !*message) break;
    }
    has_ended_ = true;
    static_cast<void>(os::signal_process(os::process_number(), SIGTERM));
  }

  void drain() {
    const auto folders = inbox::RecordFolders::open(inbox_.dir);
    if (!folders) return wait(kShortWait);  // the server has not made them yet
    // Two at a time would create objects out of order, as they do during an upgrade.
    const auto lock = os::open_directory(inbox_.dir + "/work");
    if (!lock) return wait(kShortWait);
    if (const auto is_ours = os::try_lock(*lock);
        is_ours ? !*is_ours : !os::is_unsupported_lock(is_ours.error()))
      return wait(kShortWait);
    const auto drained = inbox::drain(*folders, {.consumer = "drainer", .target = target_},
                                      [this](const std::string& message) { report(message); });
    if (drained) return;
    report(drained.error() + "; it is tried again");
    wait(kMendingPause);
  }

  void report(const std::string& message) const {
    static_cast<void>(server_.send(message.substr(0, os::MessageSocket::kLargestText)));
  }

  void wait(Duration time) const {
    const Instant end = monotonic_now() + time;
    while (!has_ended_ && monotonic_now() < end) std::this_thread::sleep_for(kShortWait);
  }

  const InboxConfig& inbox_;
  const object_store::BucketAccess& target_;
  const os::MessageSocket& server_;
  std::atomic<bool> has_ended_ = false;
};

StartFailure cannot_start(const Error& error, const ServerConfig& config) {
  return refused_by_system("cannot start a process that moves records to the object store", error, config);
}

/// Returns what leads to the process.
Result<os::MessageSocket, StartFailure> start_drainer(const InboxConfig& inbox, const ServerConfig& config) {
  const auto failed = [&](const Error& error) { return cannot_start(error, config); };
  const auto target =
      TRY(access_to(place_of(inbox, config), config).map_error([](const std::string& message) {
        return StartFailure{message, kExitUsage};
      }));
  // What the process may write to has to be there. What cannot be made is told when it is opened.
  static_cast<void>(os::make_directory(inbox.dir));
  auto [here, there] = TRY(os::MessageSocket::pair().map_error(failed));
  os::FileGrants grants = grants_of_agent(config);
  grants.writable.push_back(inbox.dir);
  TRY(os::start_helper_process("bobbin-drainer", std::span(&there, 1), [&] {
        os::ignore_broken_pipes();
        if (config.sandbox != SandboxMode::off) static_cast<void>(os::confine_files(grants));
        Drainer(inbox, target, there).run();
      }).map_error(failed));
  return std::move(here);
}

}  // namespace

Result<Spools, StartFailure> Spools::start(const Config& config) {
  Spools spools;
  for (const SiteConfig& site : config.sites)
    for (const InboxConfig& inbox : site.inboxes)
      if (!inbox.is_disabled && inbox.is_spooled())
        spools.spools_.push_back({.inbox = inbox.name,
                                  .directory = inbox.dir,
                                  .target = inbox.target,
                                  .process = TRY(start_drainer(inbox, config.server))});
  return spools;
}

bool Spools::has(const InboxConfig& inbox) const {
  return std::ranges::any_of(spools_, [&](const Spool& spool) {
    return spool.directory == inbox.dir && spool.target == inbox.target;
  });
}

bool Spools::contradicts(const InboxConfig& inbox) const {
  return std::ranges::any_of(spools_, [&](const Spool& spool) {
    return spool.directory == inbox.dir && (inbox.is_disabled || spool.target != inbox.target);
  });
}

void Spools::tick(observe::LogWriter& log) {
  for (Spool& spool : spools_) {
    while (!spool.has_ended) {
      const auto message = spool.process.receive(kAtOnce);
      if (!message) break;
      spool.has_ended = !*message;
      log.write(
          observe::Event::spool_not_drained,
          fmt::format("Inbox {}, whose records are moved to {}: {}", spool.inbox, spool.target,
                      *message ? (*message)->text
                               : "the process that does so has ended, and that which would start it again; "
                                 "a restart or bobbin upgrade starts them"));
    }
  }
}

}  // namespace bobbin::app

#pragma once

#include "admin/health.h"
#include "app/admin_server.h"
#include "app/bucket_sites.h"
#include "app/end_of_work.h"
#include "app/milestone.h"
#include "app/object_inboxes.h"
#include "app/predecessor.h"
#include "app/reloader.h"
#include "app/site_logs.h"
#include "app/spools.h"
#include "app/upgrade.h"
#include "app/upload_folders.h"
#include "base/clock.h"
#include "observe/log.h"
#include "os/process.h"
#include "os/service_manager.h"
#include "server/acceptor.h"
#include "server/pool.h"

namespace bobbin::app {

/// The objects that the main loop works with. All of them outlive it.
struct MainLoopParts {
  server::Acceptor& acceptor;
  server::WorkerPool& pool;
  os::Signals& signals;
  Reloader& reloader;
  UploadFolders& folders;
  ObjectInboxes& object_inboxes;
  BucketSites& bucket_sites;
  Spools& spools;
  observe::Log& log;
  SiteLogs& site_logs;
  observe::LogWriter& main_log;
  admin::Health& health;
  AdminServer* admin;  ///< null: there is no admin listener
  Upgrade& upgrade;
  Predecessor* predecessor;  ///< null: there is none
  EndOfWork& end_of_work;
  const os::ServiceManager& service_manager;
};

/// Why the server ends.
enum class End : std::uint8_t {
  told,         ///< by a signal
  disk_failed,  ///< see UploadFolders::is_server_to_end
  replaced,     ///< another process serves in its place
};

/// What the main thread does while the server runs: it accepts connections, takes signals, reloads, and
/// writes status lines.
class MainLoop {
 public:
  explicit MainLoop(const MainLoopParts& parts) : parts_(parts), hang_up_stops_(os::has_terminal()) {}

  [[nodiscard]] End run_until_stopped();

  /// Another process serves from now on: lets every connection end with its next answer. Returns when all
  /// have ended, when the grace period is over, or when this process is told to stop.
  void drain(Milestone& milestone);

  /// Stops accepting and lets the workers finish. The grace period begins now.
  void begin_to_stop();

  /// False when the grace period ended first, or a second SIGINT came.
  [[nodiscard]] bool wait_for(Milestone& milestone) {
    return wait_for(milestone, grace_ends_, force_requested_);
  }
  /// The same without a forced stop: waits until `end`, whatever signals come.
  [[nodiscard]] bool wait_for(Milestone& milestone, Instant end) { return wait_for(milestone, end, false); }
  /// How many connections were open when this process began to end; 0 before.
  [[nodiscard]] std::size_t held_at_end() const { return held_at_end_; }

 private:
  [[nodiscard]] bool wait_for(Milestone& milestone, Instant end, const bool& gives_up);
  void handle_events();
  void handle(int signal);
  /// Runs once a second: looks at the roots and the certificates, drops the stores of upload folders that no
  /// site uses any more, and gives free memory back.
  void tick();
  void write_status();
  void reload();

  MainLoopParts parts_;
  const bool hang_up_stops_;  // closing a terminal should end the server that was started from it
  Instant grace_ends_ = kNever;
  std::size_t held_at_end_ = 0;
  bool stop_requested_ = false;
  bool force_requested_ = false;
};

}  // namespace bobbin::app

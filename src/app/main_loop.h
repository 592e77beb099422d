#pragma once

#include "admin/health.h"
#include "app/admin_server.h"
#include "app/milestone.h"
#include "app/reloader.h"
#include "app/site_logs.h"
#include "app/upload_folders.h"
#include "base/clock.h"
#include "observe/log.h"
#include "os/process.h"
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
  observe::Log& log;
  SiteLogs& site_logs;
  observe::LogWriter& main_log;
  admin::Health& health;
  AdminServer* admin;  ///< null: there is no admin listener
};

/// What the main thread does while the server runs: it accepts connections, takes signals, reloads, and
/// writes status lines.
class MainLoop {
 public:
  explicit MainLoop(const MainLoopParts& parts) : parts_(parts), hang_up_stops_(os::has_terminal()) {}

  /// False: a disk has failed, and the server is to end for that.
  [[nodiscard]] bool run_until_stopped();

  /// Stops accepting and lets the workers finish. The grace period begins now.
  void begin_to_stop();

  /// False when the grace period ended first, or a second SIGINT came.
  [[nodiscard]] bool wait_for(Milestone& milestone) {
    return wait_for(milestone, grace_ends_, force_requested_);
  }
  /// The same without a forced stop: waits until `end`, whatever signals come.
  [[nodiscard]] bool wait_for(Milestone& milestone, Instant end) { return wait_for(milestone, end, false); }

 private:
  [[nodiscard]] bool wait_for(Milestone& milestone, Instant end, const bool& gives_up);
  void handle_events();
  void handle(int signal);
  /// Runs once a second: looks at the roots and the certificates, drops the stores of upload folders that no
  /// site uses any more, and gives free memory back.
  void tick();
  void write_status();

  MainLoopParts parts_;
  const bool hang_up_stops_;  // closing a terminal should end the server that was started from it
  Instant grace_ends_ = kNever;
  bool stop_requested_ = false;
  bool force_requested_ = false;
};

}  // namespace bobbin::app

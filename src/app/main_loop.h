#pragma once

#include "app/milestone.h"
#include "app/reloader.h"
#include "app/upload_folders.h"
#include "base/clock.h"
#include "observe/log.h"
#include "os/process.h"
#include "server/acceptor.h"
#include "server/pool.h"

namespace bobbin::app {

/// What the main loop works with; all of it outlives the loop.
struct MainLoopParts {
  server::Acceptor& acceptor;
  server::WorkerPool& pool;
  os::Signals& signals;
  Reloader& reloader;
  UploadFolders& folders;
  observe::Log& log;
  observe::LogWriter& main_log;
};

/// The main thread's part while the server runs: accepting, signals, reloads, status lines.
class MainLoop {
 public:
  explicit MainLoop(const MainLoopParts& parts) : parts_(parts), hang_up_stops_(os::has_terminal()) {}

  void run_until_stopped();

  /// From here on the grace period runs.
  void begin_to_stop();

  /// False when the grace period ended first, or a second SIGINT came.
  [[nodiscard]] bool wait_for(Milestone& milestone) {
    return wait_for(milestone, grace_ends_, force_requested_);
  }
  /// Whatever signals come, until then.
  [[nodiscard]] bool wait_for(Milestone& milestone, Instant end) { return wait_for(milestone, end, false); }

 private:
  [[nodiscard]] bool wait_for(Milestone& milestone, Instant end, const bool& gives_up);
  void handle_signals();
  void handle(int signal);
  /// What is done once a second: roots, endpoints that nobody needs any more, free memory.
  void tick();
  void write_status();

  MainLoopParts parts_;
  const bool hang_up_stops_;  // closing the terminal should end what was started from it
  Instant grace_ends_ = kNever;
  bool stop_requested_ = false;
  bool force_requested_ = false;
};

}  // namespace bobbin::app

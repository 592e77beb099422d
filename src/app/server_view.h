#pragma once

#include <string>
#include <vector>

#include "admin/health.h"
#include "admin/server_state.h"
#include "app/generation.h"
#include "app/sandbox.h"
#include "app/site_logs.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "executor/executor.h"
#include "observe/log.h"
#include "observe/registry.h"
#include "server/pool.h"

namespace bobbin::app {

/// What the admin listener shows: what the parts of the server have counted, and what is asked of them at
/// the moment when somebody wants to know. Thread: any; `describe` the main thread's.
class ServerView final : public admin::ServerState {
 public:
  struct Parts {
    const observe::Registry& registry;
    const observe::Log& log;
    const SiteLogs& site_logs;
    const server::WorkerPool& pool;
    const executor::Executor& executor;
    const admin::Health& health;
    const Sandbox& sandbox;
    std::vector<std::string> listeners;  ///< their names
  };
  /// The references outlive it.
  explicit ServerView(Parts parts) : parts_(std::move(parts)), started_(wall_now()) {}

  /// `generation` is in force from now on.
  void describe(const Generation& generation) EXCLUDES(mutex_);

  [[nodiscard]] observe::Snapshot snapshot() const override;
  [[nodiscard]] admin::ServerFacts facts() const override EXCLUDES(mutex_);

 private:
  void add_pool(observe::Snapshot& snapshot) const;
  void add_executor(observe::Snapshot& snapshot) const;
  void add_process(observe::Snapshot& snapshot) const;

  const Parts parts_;
  const WallTime started_;
  mutable Mutex mutex_;
  std::vector<admin::ServerFacts::Site> sites_ GUARDED_BY(mutex_);
};

}  // namespace bobbin::app

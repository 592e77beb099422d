#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/start_failure.h"
#include "base/result.h"
#include "executor/executor.h"
#include "object_inbox/object_inbox.h"
#include "object_store/agent.h"
#include "observe/log.h"
#include "observe/registry.h"

namespace bobbin::app {

/// Starts the process that talks to the object store, if an inbox has its records there, or a site its files.
/// Null: none has. Only where this process has no other thread.
[[nodiscard]] Result<std::shared_ptr<object_store::Agent>, StartFailure> start_agent(const Config& config);

/// The inboxes whose records are objects. They outlive reloads: where the target is the same, a new
/// generation takes over the inbox of the old one. Thread: main.
class ObjectInboxes {
 public:
  /// `agent`: null where no inbox has its records in an object store. The references outlive this and all
  /// inboxes.
  ObjectInboxes(std::shared_ptr<object_store::Agent> agent, const ServerConfig& config,
                executor::Executor& executor, observe::Log& log, observe::Registry& registry)
      : agent_(std::move(agent)), config_(config), executor_(executor), log_(log), registry_(registry) {}

  /// The store of an inbox that has a target. At the start of the server it waits for the object store. The
  /// error is the end of a sentence.
  [[nodiscard]] Result<std::shared_ptr<object_inbox::ObjectInbox>, std::string> open(
      const InboxConfig& inbox);

  /// Must be called once a second. Drops those that no generation uses any more.
  void tick();
  /// The server stops.
  void stop();

 private:
  const std::shared_ptr<object_store::Agent> agent_;
  const ServerConfig config_;
  executor::Executor& executor_;
  observe::Log& log_;
  observe::Registry& registry_;
  std::vector<std::shared_ptr<object_inbox::ObjectInbox>> inboxes_;
  bool is_serving_ = false;
};

}  // namespace bobbin::app

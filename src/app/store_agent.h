#pragma once

#include <memory>

#include "app/config.h"
#include "app/start_failure.h"
#include "base/result.h"
#include "executor/executor.h"
#include "object_store/agent.h"
#include "observe/log.h"
#include "observe/registry.h"

namespace bobbin::app {

/// Starts the process that talks to the object store, if an inbox has its records there, or a site its files.
/// Null: none has. Only where this process has no other thread.
[[nodiscard]] Result<std::shared_ptr<object_store::Agent>, StartFailure> start_agent(const Config& config);

/// What whoever uses that process needs. The references outlive them.
struct StoreParts {
  std::shared_ptr<object_store::Agent> agent;  ///< null where nothing lies in an object store
  ServerConfig config;
  executor::Executor& executor;
  observe::Log& log;
  observe::Registry& registry;
};

}  // namespace bobbin::app

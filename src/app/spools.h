#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "app/start_failure.h"
#include "base/result.h"
#include "observe/log.h"
#include "os/message_socket.h"

namespace bobbin::app {

/// The inboxes that have a folder and a target: a process beside the server, for each, moves what comes into
/// the folder on into the object store, as `bobbin inbox drain` does. It ends with the server, and is started
/// again when it dies. Thread: main.
class Spools {
 public:
  /// Starts these processes. Only where this process has no other thread.
  [[nodiscard]] static Result<Spools, StartFailure> start(const Config& config);

  /// Whether the records of this inbox are moved.
  [[nodiscard]] bool has(const InboxConfig& inbox) const;
  /// Must be called once a second: tells the log what the processes have told.
  void tick(observe::LogWriter& log) const;

 private:
  struct Spool {
    std::string inbox;
    std::string directory;
    std::string target;
    os::MessageSocket process;
  };
  std::vector<Spool> spools_;
};

}  // namespace bobbin::app

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/message_socket.h"

namespace bobbin::os {

/// A small process beside this one that has kept what this one gives up: it can start the program anew. It
/// has the user, the directory, the environment and the standard streams with which this process was started,
/// and starts that one program with these arguments and nothing else. It ends with this process, however that
/// ends. Thread: one at a time.
class Launcher {
 public:
  /// The variable of the environment that tells a started program which descriptor leads to this process.
  static constexpr const char* kVariable = "PREDECESSOR_FD";

  /// `command`: the program, looked up as execvp(3) does when one is started, and its arguments. Only where
  /// this process has no other thread.
  [[nodiscard]] static Result<Launcher> start(std::vector<std::string> command);

  /// Starts the program, and returns what leads to it. It outlives this process and the launcher. The error
  /// is that of the call that failed, execvp included.
  [[nodiscard]] Result<MessageSocket> launch() const;
  /// Ends the program that was started last, by SIGKILL, if it has not ended.
  void end() const;

 private:
  explicit Launcher(MessageSocket socket) : socket_(std::move(socket)) {}

  MessageSocket socket_;
};

/// What leads to the process that has started this one by its launcher. Nothing: none has. To be called once.
[[nodiscard]] std::optional<MessageSocket> take_launcher_socket();

}  // namespace bobbin::os

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>

#include "base/clock.h"
#include "base/result.h"
#include "os/fd.h"

namespace bobbin::os {

/// A copy of this process, whose standard output is read here. It is killed when this object is destroyed,
/// and when this process ends. Thread: the one that has started it.
class ChildProcess {
 public:
  /// Runs `body` in the copy, whose exit status it returns. Only where this process has no other thread:
  /// a lock that one has would be held in the copy for ever.
  [[nodiscard]] static Result<ChildProcess> start(const std::function<int()>& body);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  /// The next bytes of its output; empty: it has ended, and everything has been read. Nothing: there was none
  /// within `patience`.
  [[nodiscard]] Result<std::optional<std::string>> read(Duration patience);
  /// SIGKILL. What it has written before can still be read.
  void kill() const;
  /// Waits for its end. Its exit status, or nothing: a signal has ended it.
  [[nodiscard]] std::optional<int> wait();

 private:
  ChildProcess(pid_t process, Fd output) : process_(process), output_(std::move(output)) {}

  pid_t process_;  // 0: it has been waited for
  Fd output_;
};

}  // namespace bobbin::os

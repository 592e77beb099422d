#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "os/fd.h"

namespace bobbin::os {

/// Who has started this process as a service and wants to know how it is: sd_notify(3), the protocol of
/// NOTIFY_SOCKET. Where nobody wants to, nothing is told. Thread: one at a time.
class ServiceManager {
 public:
  /// From the environment, which programs that this process starts inherit unchanged. `is_successor`: the
  /// variable WATCHDOG_PID names the process before this one. Must be called while this process can still
  /// make sockets.
  [[nodiscard]] static ServiceManager of_environment(bool is_successor);

  /// Assignments such as "READY=1", a line each. What cannot be delivered
  /// within a second is lost.
  void tell(std::string_view state) const;
  /// How often it wants to hear that the process lives; zero: not at all.
  [[nodiscard]] Duration watchdog() const { return watchdog_; }

  ServiceManager() = default;

 private:
  Fd socket_;
  Duration watchdog_ = Duration::zero();
};

}  // namespace bobbin::os

#pragma once

#include <string>
#include <utility>

#include "base/result.h"
#include "os/process.h"

namespace bobbin::inbox {

/// The signals that tell a worker to end: SIGTERM, SIGINT, SIGHUP and SIGQUIT. The first one lets what is
/// under way end by itself, and a second one does not. Thread: one at a time.
class StopSignals {
 public:
  /// Takes the signals of this process from now on. Before any thread is made. The error is a message.
  [[nodiscard]] static Result<StopSignals, std::string> block();

  /// How many have come so far.
  [[nodiscard]] unsigned count();
  /// Readable when another one has come.
  [[nodiscard]] const os::Fd& fd() const { return signals_.fd(); }

 private:
  explicit StopSignals(os::Signals signals) : signals_(std::move(signals)) {}
  os::Signals signals_;
  unsigned count_ = 0;
};

}  // namespace bobbin::inbox

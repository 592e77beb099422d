#include "inbox/stop_signals.h"

#include <csignal>

namespace bobbin::inbox {

Result<StopSignals, std::string> StopSignals::block() {
  auto signals = os::Signals::block({SIGTERM, SIGINT, SIGHUP, SIGQUIT});
  if (!signals) return failure(signals.error().message());
  return StopSignals(*std::move(signals));
}

unsigned StopSignals::count() {
  while (signals_.next()) ++count_;
  return count_;
}

}  // namespace bobbin::inbox

#include "os/clock_state.h"

#include <sys/timex.h>

namespace bobbin::os {

std::optional<bool> clock_is_synchronized() {
  timex state{};  // with no modes: it is only asked
  const int verdict = ::adjtimex(&state);
  if (verdict < 0) return std::nullopt;
  return verdict != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

}  // namespace bobbin::os

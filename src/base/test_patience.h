#pragma once

#include "base/clock.h"

namespace bobbin {

/// For tests: until when to wait for what another thread does, from now on. It is a minute, which is longer
/// than any machine takes, also under a sanitizer and beside other work: whatever is not there by then does
/// not come. Thread: any.
[[nodiscard]] inline Instant end_of_patience() { return monotonic_now() + seconds(60); }

}  // namespace bobbin

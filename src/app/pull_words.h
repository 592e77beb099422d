#pragma once

#include "base/clock.h"

namespace bobbin::app {

/// When inbox pull looks into a bucket, and what it waits for there.
struct PullWords {
  milliseconds poll = seconds(1);  ///< how long until the next look, where there was nothing new
  milliseconds gap = seconds(60);  ///< how long a number of a stream may be missing
};

}  // namespace bobbin::app

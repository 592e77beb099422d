#pragma once

#include <cstddef>

#include "base/clock.h"

namespace bobbin::app {

/// When inbox pull looks into a bucket, what it waits for there, and how much it takes at once.
struct PullWords {
  milliseconds poll = seconds(1);  ///< how long until the next look, where there was nothing new
  milliseconds gap = seconds(60);  ///< how long a number of a stream may be missing
  std::size_t connections = 8;     ///< how many records are fetched at the same time
};

}  // namespace bobbin::app

#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace bobbin::observe {

/// One second of local time, in the forms of the log.
struct LocalSecond {
  std::int64_t since_epoch;
  std::string line;    ///< "[2024-03-15 10:30:00] "
  std::string apache;  ///< "[15/Mar/2024:10:30:00 +0100]"
  std::string date;    ///< "2024-03-15T10:30:00" (RFC 3339, the part before the fraction)
  std::string offset;  ///< "+01:00"
};

/// The second that `time` is in. Valid until the thread's next call, which is cheap for the same second.
[[nodiscard]] const LocalSecond& local_second(WallTime time);

}  // namespace bobbin::observe

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "os/fd.h"

namespace bobbin::inbox {

/// How long one flush takes: fdatasync(2) behind a write of 4 KiB into space that was there before, as the
/// journal does it.
struct FlushTime {
  std::size_t flushes = 0;
  Duration median{};
  Duration p99{};
};

/// Measures it with a file in the directory, which is removed again.
inline constexpr std::size_t kFlushes = 200;
[[nodiscard]] Result<FlushTime> measure_flush(const os::Fd& directory);

/// `times` must not be empty.
[[nodiscard]] FlushTime flush_time_of(std::vector<Duration> times);

/// No disk, and no SSD without a cache that survives a power cut, is as quick.
inline constexpr Duration kTooQuick = std::chrono::microseconds(20);

}  // namespace bobbin::inbox

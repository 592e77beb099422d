#pragma once

#include <chrono>
#include <ctime>

namespace bobbin {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Moments for deadlines: monotonic. Code that decides something takes an Instant, it never reads the clock.
using Instant = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

/// Moments for people and protocols: the system's clock, nanoseconds since the epoch, may jump.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

[[nodiscard]] inline Instant monotonic_now() { return std::chrono::steady_clock::now(); }
/// The same clock as of the kernel's last tick, up to 10 ms ago. It costs a fifth, and is for what is asked
/// with every request.
[[nodiscard]] inline Instant recent_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return Instant(seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}
[[nodiscard]] inline WallTime wall_now() { return std::chrono::system_clock::now(); }

/// A deadline that never comes.
inline constexpr Instant kNever = Instant::max();

}  // namespace bobbin

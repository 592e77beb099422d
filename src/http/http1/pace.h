#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace bobbin::http::http1 {

struct PaceSettings {
  std::uint64_t minimum_rate = 500;  ///< bytes per second; 0: no minimum
  Duration grace = seconds(10);      ///< before the rate counts
  Duration stall = seconds(60);      ///< the longest time without any progress
};

/// Whether a peer sends (or reads) fast enough: `grace`, then `minimum_rate` on the whole, and never a pause
/// of `stall`. The rate is over the whole transfer, so a byte now and then does not extend it for ever.
class Pace {
 public:
  explicit Pace(Instant start) : start_(start), last_(start) {}
  void progressed(std::uint64_t bytes, Instant now) {
    bytes_ += bytes;
    last_ = now;
  }
  /// From here to go_on it is not the peer who is waited for.
  void pause(Instant now) { paused_ = last_ = now; }
  void go_on(Instant now) {
    if (!is_paused()) return;
    start_ += now - paused_;
    last_ = now;
    paused_ = kNever;
  }
  [[nodiscard]] bool is_paused() const { return paused_ != kNever; }
  /// While it is paused: when the pause becomes as long as a stall.
  [[nodiscard]] Instant deadline(const PaceSettings& settings) const {
    const Instant stalled = last_ + settings.stall;
    if (settings.minimum_rate == 0 || is_paused()) return stalled;
    // Divided first, so that no number of bytes overflows.
    const std::uint64_t earned_ms =
        bytes_ / settings.minimum_rate * 1000 + bytes_ % settings.minimum_rate * 1000 / settings.minimum_rate;
    constexpr std::uint64_t kYear = 365ULL * 24 * 3600 * 1000;
    return std::min(stalled, start_ + settings.grace + milliseconds(std::min(earned_ms, kYear)));
  }

 private:
  Instant start_;
  Instant last_;
  Instant paused_ = kNever;
  std::uint64_t bytes_ = 0;
};

}  // namespace bobbin::http::http1

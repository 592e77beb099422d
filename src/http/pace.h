#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace bobbin::http {

struct PaceSettings {
  std::uint64_t minimum_rate = 500;  ///< bytes per second; 0 is no minimum
  Duration grace = seconds(10);      ///< how far a peer may fall behind the rate
  Duration stall = seconds(60);      ///< the longest time without any progress

  /// A rate needs some time to be measured over, even where no grace is given.
  [[nodiscard]] Duration allowance() const { return std::max<Duration>(grace, seconds(1)); }
};

/// Judges whether a peer sends (or takes) fast enough. Its bytes earn it time, one second for each
/// `minimum_rate` of them. The time that is earned and not used is never more than the grace, so neither a
/// byte now and then nor a burst at the beginning extends a transfer for ever. Besides, no pause may be as
/// long as `stall`.
class Pace {
 public:
  Pace(const PaceSettings& settings, Instant start)
      : earned_until_(start + settings.allowance()), last_(start) {}

  void progressed(std::uint64_t bytes, const PaceSettings& settings, Instant now) {
    if (bytes == 0) return;
    if (!is_paused()) last_ = now;
    if (settings.minimum_rate > 0)
      earned_until_ =
          std::min(earned_until_ + time_for(bytes, settings.minimum_rate), now + settings.allowance());
  }
  /// Until go_on is called, the time does not count against the peer, since it is not the peer that is slow.
  void pause(Instant now) {
    if (!is_paused()) paused_ = last_ = now;
  }
  void go_on(Instant now) {
    if (!is_paused()) return;
    earned_until_ += now - paused_;
    last_ = now;
    paused_ = kNever;
  }
  [[nodiscard]] bool is_paused() const { return paused_ != kNever; }
  /// The moment at which the peer has been too slow. While the pace is paused, this is the moment at which
  /// the pause becomes as long as `stall`.
  [[nodiscard]] Instant deadline(const PaceSettings& settings) const {
    const Instant stalled = last_ + settings.stall;
    return settings.minimum_rate == 0 || is_paused() ? stalled : std::min(stalled, earned_until_);
  }

 private:
  static Duration time_for(std::uint64_t bytes, std::uint64_t rate) {
    // The division comes first, so that no number of bytes overflows. A year is as good as any longer time.
    constexpr std::uint64_t kYear = 365ULL * 24 * 3600;
    return seconds(std::min(bytes / rate, kYear)) + milliseconds(bytes % rate * 1000 / rate);
  }

  Instant earned_until_;
  Instant last_;  // the moment of the last progress
  Instant paused_ = kNever;
};

}  // namespace bobbin::http

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace bobbin::inbox {

/// When another attempt at a record follows one that has failed. Without pauses none does.
class RetrySchedule {
 public:
  static constexpr std::size_t kMostPauses = 20;
  static constexpr milliseconds kShortestPause = seconds(1);
  static constexpr milliseconds kLongestPause = std::chrono::hours(24);

  RetrySchedule() = default;
  /// At most kMostPauses, each from kShortestPause to kLongestPause.
  explicit RetrySchedule(std::vector<milliseconds> pauses) : pauses_(std::move(pauses)) {}
  /// The one that Standard Webhooks recommends to senders: 5s,5m,30m,2h,5h,10h,14h,20h,24h.
  [[nodiscard]] static RetrySchedule standard();

  /// For what must arrive, and will once somebody has mended what is in the way: 1s,2s,5s,15s,30s, and from
  /// then on every minute.
  [[nodiscard]] static RetrySchedule endless();

  [[nodiscard]] bool has_pauses() const { return !pauses_.empty(); }
  /// The last pause is made again and again.
  [[nodiscard]] bool is_endless() const { return is_endless_; }
  /// How many attempts are made at most.
  [[nodiscard]] std::size_t attempts() const {
    return is_endless_ ? std::numeric_limits<std::size_t>::max() : pauses_.size() + 1;
  }
  /// How long to wait after this attempt (from 1) has failed; nothing: it was the last one. `random` is any
  /// number, and makes the pause up to 10 % shorter (0) or longer (the largest), so that many workers do not
  /// all come back to a server at the same moment.
  [[nodiscard]] std::optional<milliseconds> pause_after(std::size_t attempt, std::uint32_t random) const;

  friend bool operator==(const RetrySchedule&, const RetrySchedule&) = default;

 private:
  std::vector<milliseconds> pauses_;
  bool is_endless_ = false;
};

/// A duration for people, in whole seconds: "5 s", "4 min 53 s", "2 h 3 min". Rounded to the nearest.
[[nodiscard]] std::string rounded_text(milliseconds duration);

}  // namespace bobbin::inbox

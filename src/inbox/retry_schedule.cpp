#include "inbox/retry_schedule.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

namespace bobbin::inbox {
namespace {

/// "2 h 3 min", without a second part that is 0.
std::string two_parts(std::int64_t number, const char* unit, std::int64_t rest, const char* rest_unit) {
  if (rest == 0) return fmt::format("{} {}", number, unit);
  return fmt::format("{} {} {} {}", number, unit, rest, rest_unit);
}

}  // namespace

RetrySchedule RetrySchedule::standard() {
  using std::chrono::hours;
  using std::chrono::minutes;
  return RetrySchedule(
      {seconds(5), minutes(5), minutes(30), hours(2), hours(5), hours(10), hours(14), hours(20), hours(24)});
}

RetrySchedule RetrySchedule::endless() {
  RetrySchedule schedule({seconds(1), seconds(2), seconds(5), seconds(15), seconds(30), seconds(60)});
  schedule.is_endless_ = true;
  return schedule;
}

std::optional<milliseconds> RetrySchedule::pause_after(std::size_t attempt, std::uint32_t random) const {
  if (is_endless_) attempt = std::min(attempt, pauses_.size());
  if (attempt == 0 || attempt > pauses_.size()) return std::nullopt;
  const milliseconds pause = pauses_[attempt - 1];
  const milliseconds tenth = pause / 10;
  return pause - tenth +
         2 * tenth * std::int64_t{random} / std::int64_t{std::numeric_limits<std::uint32_t>::max()};
}

std::string rounded_text(milliseconds duration) {
  const std::int64_t in_seconds = std::chrono::round<seconds>(duration).count();
  if (in_seconds < 60) return fmt::format("{} s", in_seconds);
  if (in_seconds < 3600) return two_parts(in_seconds / 60, "min", in_seconds % 60, "s");
  const std::int64_t in_minutes = (in_seconds + 30) / 60;
  return two_parts(in_minutes / 60, "h", in_minutes % 60, "min");
}

}  // namespace bobbin::inbox

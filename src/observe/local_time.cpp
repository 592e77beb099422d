#include "observe/local_time.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fmt/format.h>
#include <limits>
#include <string>
#include <string_view>

#include "base/assert.h"

namespace bobbin::observe {
namespace {

std::tm broken_down(std::int64_t since_epoch) {
  // POSIX does not oblige localtime_r to look at TZ by itself.
  static const bool zone_is_set = (::tzset(), true);
  ASSERT(zone_is_set);
  const std::time_t time = since_epoch;
  std::tm result;
  ASSERT(::localtime_r(&time, &result) !=
         nullptr);  // fails for years that 64 bits of nanoseconds do not reach
  return result;
}

template <std::size_t Length>
void fill(std::array<char, Length>& field, const std::string& text) {
  ASSERT(text.size() == Length);
  std::copy(text.begin(), text.end(), field.begin());
}

LocalSecond format(std::int64_t since_epoch) {
  // Not strftime's names: the log speaks English in every locale.
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::tm t = broken_down(since_epoch);
  const int year = t.tm_year + 1900;
  const int month = t.tm_mon + 1;
  const std::string clock = fmt::format("{:02}:{:02}:{:02}", t.tm_hour, t.tm_min, t.tm_sec);
  const std::string day = fmt::format("{:04}-{:02}-{:02}", year, month, t.tm_mday);
  // Two digits for the hours, whatever a zone file says.
  const long minutes = std::min(std::labs(t.tm_gmtoff) / 60, 100L * 60 - 1);
  const char sign = t.tm_gmtoff < 0 ? '-' : '+';
  LocalSecond result{.since_epoch = since_epoch};
  fill(result.line, fmt::format("[{} {}] ", day, clock));
  fill(result.apache, fmt::format("[{:02}/{}/{:04}:{} {}{:02}{:02}]", t.tm_mday,
                                  kMonths.substr(static_cast<std::size_t>(t.tm_mon) * 3, 3), year, clock,
                                  sign, minutes / 60, minutes % 60));
  fill(result.date, fmt::format("{}T{}", day, clock));
  fill(result.offset, fmt::format("{}{:02}:{:02}", sign, minutes / 60, minutes % 60));
  return result;
}

}  // namespace

const LocalSecond& local_second(WallTime time) {
  constinit thread_local LocalSecond cached{// NOLINT(misc-use-internal-linkage)
                                            .since_epoch = std::numeric_limits<std::int64_t>::min()};
  const std::int64_t since_epoch = std::chrono::floor<seconds>(time).time_since_epoch().count();
  if (since_epoch != cached.since_epoch) cached = format(since_epoch);
  return cached;
}

}  // namespace bobbin::observe

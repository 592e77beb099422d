#include "http/date.h"

#include <array>
#include <cstddef>
#include <fmt/format.h>

#include "base/ascii.h"

namespace bobbin::http {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;
using std::chrono::year_month_day;
using std::chrono::years;

constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::size_t kShort = 3;  // letters of an abbreviated day name

/// A date as it is written: nothing checked yet but the form.
struct Written {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int second_of_day = 0;
};

/// Reads a text from its front. After the first thing that does not fit, everything fails.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  Reader& literal(std::string_view expected) {
    if (rest_.starts_with(expected)) {
      rest_.remove_prefix(expected.size());
    } else {
      fail();
    }
    return *this;
  }
  /// Exactly `count` digits.
  int number(std::size_t count) {
    int value = 0;
    for (; count > 0; --count) {
      if (rest_.empty() || !is_digit(rest_.front())) return fail();
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  /// One of the day names. Whether it fits the date says nothing about the moment that is meant, so it is not
  /// compared.
  void day_name(std::size_t letters) {
    for (const std::string_view name : kDays) {
      if (!rest_.starts_with(name.substr(0, letters))) continue;
      rest_.remove_prefix(std::min(letters, name.size()));
      return;
    }
    fail();
  }
  unsigned month_name() {
    for (unsigned i = 0; i < kMonths.size(); ++i) {
      if (!rest_.starts_with(kMonths[i])) continue;
      rest_.remove_prefix(kMonths[i].size());
      return i + 1;
    }
    return static_cast<unsigned>(fail());
  }
  unsigned day_of_month() { return static_cast<unsigned>(number(2)); }
  /// asctime-date: two digits, or a space and one digit.
  unsigned padded_day_of_month() {
    if (!rest_.starts_with(' ')) return day_of_month();
    rest_.remove_prefix(1);
    return static_cast<unsigned>(number(1));
  }
  int second_of_day() {
    const int hour = number(2);
    const int minute = literal(":").number(2);
    const int second = literal(":").number(2);
    // 60 is a leap second (RFC 9110 §5.6.7); it counts as the first second of the next minute.
    if (hour > 23 || minute > 59 || second > 60) return fail();
    return hour * 3600 + minute * 60 + second;
  }
  [[nodiscard]] bool finished() const { return !failed_ && rest_.empty(); }

 private:
  int fail() {
    failed_ = true;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool failed_ = false;
};

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<Written> read_imf_fixdate(std::string_view text) {
  Reader reader(text);
  Written written;
  reader.day_name(kShort);
  written.day = reader.literal(", ").day_of_month();
  written.month = reader.literal(" ").month_name();
  written.year = reader.literal(" ").number(4);
  written.second_of_day = reader.literal(" ").second_of_day();
  if (!reader.literal(" GMT").finished()) return std::nullopt;
  return written;
}

/// "Sunday, 06-Nov-94 08:49:37 GMT": the year has two digits.
std::optional<Written> read_rfc850_date(std::string_view text) {
  Reader reader(text);
  Written written;
  reader.day_name(std::string_view::npos);
  written.day = reader.literal(", ").day_of_month();
  written.month = reader.literal("-").month_name();
  written.year = reader.literal("-").number(2);
  written.second_of_day = reader.literal(" ").second_of_day();
  if (!reader.literal(" GMT").finished()) return std::nullopt;
  return written;
}

/// "Sun Nov  6 08:49:37 1994"
std::optional<Written> read_asctime_date(std::string_view text) {
  Reader reader(text);
  Written written;
  reader.day_name(kShort);
  written.month = reader.literal(" ").month_name();
  written.day = reader.literal(" ").padded_day_of_month();
  written.second_of_day = reader.literal(" ").second_of_day();
  written.year = reader.literal(" ").number(4);
  if (!reader.finished()) return std::nullopt;
  return written;
}

year_month_day date_of(const Written& written) {
  return year(written.year) / month(written.month) / day(written.day);
}

sys_seconds moment_of(const Written& written) {
  return sys_days(date_of(written)) + seconds(written.second_of_day);
}

/// The latest year that ends in these two digits and is not more than 50 years ahead of `now` (RFC 9110
/// §5.6.7).
void settle_century(Written& written, WallTime now) {
  const year_month_day today(floor<days>(now));
  const sys_seconds latest = sys_days(today + years(50)) + (floor<seconds>(now) - floor<days>(now));
  written.year += (static_cast<int>(today.year()) / 100 + 1) * 100;
  while (moment_of(written) > latest) written.year -= 100;
}

/// WallTime reaches from 1677 to 2262. A date beyond is still a date: it is as early or as late as can be.
WallTime to_wall_time(sys_seconds moment) {
  if (moment > floor<seconds>(WallTime::max())) return WallTime::max();
  if (moment < std::chrono::ceil<seconds>(WallTime::min())) return WallTime::min();
  return moment;
}

}  // namespace

std::string format_date(WallTime time) {
  const auto midnight = floor<days>(time);
  const year_month_day date(midnight);
  const std::chrono::hh_mm_ss clock(floor<seconds>(time) - midnight);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays[std::chrono::weekday(midnight).c_encoding()].substr(0, kShort),
                     static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

std::optional<WallTime> parse_date(std::string_view text, WallTime now) {
  std::optional<Written> written = read_imf_fixdate(text);
  if (!written) written = read_asctime_date(text);
  if (!written) {
    written = read_rfc850_date(text);
    if (!written) return std::nullopt;
    settle_century(*written, now);
  }
  if (!date_of(*written).ok()) return std::nullopt;
  return to_wall_time(moment_of(*written));
}

}  // namespace bobbin::http

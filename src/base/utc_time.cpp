#include "base/utc_time.h"

#include <array>
#include <ranges>

#include "base/ascii.h"

namespace bobbin {
namespace {

using std::chrono::microseconds;

/// How a moment is written: a letter stands for a digit of the field that it names, the rest for itself.
constexpr std::string_view kText = "YYYY-MM-DDThh:mm:ss.uuuuuuZ";
constexpr std::string_view kName = "YYYYMMDDThhmmss.uuuuuuZ";

class Fields {
 public:
  Fields() = default;
  explicit Fields(WallTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<microseconds>(time - day));
    of('Y') = static_cast<unsigned>(static_cast<int>(date.year()));
    of('M') = static_cast<unsigned>(date.month());
    of('D') = static_cast<unsigned>(date.day());
    of('h') = static_cast<unsigned>(clock.hours().count());
    of('m') = static_cast<unsigned>(clock.minutes().count());
    of('s') = static_cast<unsigned>(clock.seconds().count());
    of('u') = static_cast<unsigned>(clock.subseconds().count());
  }

  static constexpr bool are_named(char letter) { return kLetters.find(letter) != std::string_view::npos; }
  unsigned& of(char letter) { return values_[kLetters.find(letter)]; }

  std::optional<WallTime> time() {
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(of('Y'))),
                                           std::chrono::month(of('M')), std::chrono::day(of('D'))};
    constexpr std::chrono::year kFirst{1970};
    constexpr std::chrono::year kLast{2261};  // WallTime ends in 2262
    if (!date.ok() || date.year() < kFirst || date.year() > kLast) return std::nullopt;
    if (of('h') > 23 || of('m') > 59 || of('s') > 59) return std::nullopt;
    return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(of('h')) +
           std::chrono::minutes(of('m')) + seconds(of('s')) + microseconds(of('u'));
  }

 private:
  static constexpr std::string_view kLetters = "YMDhmsu";
  std::array<unsigned, kLetters.size()> values_{};
};

std::string write(WallTime time, std::string_view form) {
  Fields fields(time);
  std::string text(form);
  for (char& c : text | std::views::reverse) {
    if (!Fields::are_named(c)) continue;
    unsigned& left = fields.of(c);
    c = static_cast<char>('0' + left % 10);
    left /= 10;
  }
  return text;
}

std::optional<WallTime> read(std::string_view text, std::string_view form) {
  if (text.size() != form.size()) return std::nullopt;
  Fields fields;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool is_named = Fields::are_named(form[i]);
    if (is_named ? !is_digit(text[i]) : text[i] != form[i]) return std::nullopt;
    if (is_named) fields.of(form[i]) = fields.of(form[i]) * 10 + static_cast<unsigned>(text[i] - '0');
  }
  return fields.time();
}

}  // namespace

std::string utc_text(WallTime time) { return write(time, kText); }
std::optional<WallTime> utc_time_of(std::string_view text) { return read(text, kText); }
std::string utc_name(WallTime time) { return write(time, kName); }
std::optional<WallTime> utc_time_of_name(std::string_view name) { return read(name, kName); }

}  // namespace bobbin

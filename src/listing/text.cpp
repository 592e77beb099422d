#include "listing/text.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <iterator>

#include "base/ascii.h"
#include "base/utf8.h"

namespace bobbin::listing {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// Calls `append` with one character of UTF-8 after the other.
template <typename Append>
void each_character(std::string_view text, Append append) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    append(length == 0 ? kReplacement : text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

/// Characters that stand for themselves in a segment of a path, in an attribute and in a JSON string.
bool is_plain(char c) {
  const char lower = to_lower(c);
  return (lower >= 'a' && lower <= 'z') || is_digit(c) ||
         std::string_view("-._~!$()*+,;=@").find(c) != std::string_view::npos;
}

// By hand: a large folder has a date on each line, and fmt takes several times as long.
void append_two_digits(std::string& out, std::int64_t number) {
  out += {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
}

void append_date(std::string& out, std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  const int year = static_cast<int>(date.year());
  append_two_digits(out, year / 100);
  append_two_digits(out, year % 100);
  out += '-';
  append_two_digits(out, static_cast<unsigned>(date.month()));
  out += '-';
  append_two_digits(out, static_cast<unsigned>(date.day()));
}

void append_clock(std::string& out, WallTime time, char before) {
  const std::chrono::hh_mm_ss clock(
      std::chrono::floor<seconds>(time - std::chrono::floor<std::chrono::days>(time)));
  out += before;
  append_two_digits(out, clock.hours().count());
  out += ':';
  append_two_digits(out, clock.minutes().count());
  out += ':';
  append_two_digits(out, clock.seconds().count());
}

}  // namespace

void append_html_lines(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    append_html(out, line);
    out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void append_json(std::string& out, std::string_view text) {
  each_character(text, [&out](std::string_view character) {
    const char c = character.front();
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    else
      out += character;
  });
}

void append_reference(std::string& out, std::string_view name) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(c))
      out += c;
    else
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
}

void append_size(std::string& out, std::uint64_t bytes) {
  constexpr std::array<const char*, 6> kUnits{"kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) {
    out.append(std::to_string(bytes)).append(" B");
    return;
  }
  // What would be rounded to 1000 belongs to the next unit.
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  fmt::format_to(std::back_inserter(out), "{:.{}f} {}", value, value < 9.95 ? 1 : 0, kUnits[unit]);
}

void append_minute(std::string& out, WallTime time) {
  append_date(out, std::chrono::floor<std::chrono::days>(time));
  append_clock(out, time, ' ');
  out.resize(out.size() - 3);
}

void append_moment(std::string& out, WallTime time) {
  append_date(out, std::chrono::floor<std::chrono::days>(time));
  append_clock(out, time, 'T');
  out += 'Z';
}

}  // namespace bobbin::listing

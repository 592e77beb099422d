#include "http/retry_after.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "base/ascii.h"
#include "http/date.h"

namespace bobbin::http {
namespace {

std::optional<seconds> wait_of_digits(std::string_view digits) {
  if (digits.empty() || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc()) return kLongestRetryAfter;  // too large for the type
  return std::min(seconds(number), kLongestRetryAfter);
}

}  // namespace

std::optional<seconds> parse_retry_after(std::string_view value, WallTime now) {
  const std::string_view text = trim(value);
  if (const auto wait = wait_of_digits(text)) return wait;
  const auto date = parse_date(text, now);
  if (!date) return std::nullopt;
  if (*date <= now) return seconds(0);
  // Compared before it is subtracted: the latest date and a clock before 1970 are further apart than the type
  // can tell.
  if (*date > now + kLongestRetryAfter) return kLongestRetryAfter;
  return std::chrono::ceil<seconds>(*date - now);
}

}  // namespace bobbin::http

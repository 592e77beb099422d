#include "app/retry_words.h"

#include <fmt/format.h>
#include <utility>
#include <vector>

#include "app/option_values.h"
#include "app/options.h"

namespace bobbin::app {
namespace {

using Schedule = inbox::RetrySchedule;

constexpr std::string_view kExample =
    "as in 5s,5m,30m,2h; the word standard means the pauses of Standard Webhooks";

}  // namespace

Result<Schedule, std::string> parse_retry_schedule(std::string_view text) {
  if (text == "standard") return Schedule::standard();
  const std::vector<std::string> items = split_list(text);
  if (items.empty() || items.size() > Schedule::kMostPauses)
    return failure(fmt::format("{} pauses are not allowed; 1 to {} are needed, {}", items.size(),
                               Schedule::kMostPauses, kExample));
  std::vector<milliseconds> pauses;
  for (const std::string& item : items) {
    const auto pause = parse_time(item);
    if (!pause || *pause < Schedule::kShortestPause || *pause > Schedule::kLongestPause)
      return failure(fmt::format("{} is not allowed; each pause is a time from {} to {}, {}", in_quotes(item),
                                 time_text(Schedule::kShortestPause), time_text(Schedule::kLongestPause),
                                 kExample));
    pauses.push_back(*pause);
  }
  return Schedule(std::move(pauses));
}

}  // namespace bobbin::app

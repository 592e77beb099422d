#include "inbox/forward_outcome.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/ascii.h"
#include "http/retry_after.h"
#include "inbox/text.h"

namespace bobbin::inbox {
namespace {

constexpr std::size_t kMostShownBytes = 200;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// The beginning of a content, for a message.
std::string shown(std::string_view content) {
  constexpr std::string_view kWhiteSpace = " \t\r\n";
  content.remove_prefix(std::min(content.find_first_not_of(kWhiteSpace), content.size()));
  if (content.size() > kMostShownBytes) {
    std::size_t size = kMostShownBytes;
    while (size > 0 && is_continuation(content[size])) --size;  // no half of a character
    content = content.substr(0, size);
  }
  content = content.substr(0, content.find_last_not_of(kWhiteSpace) + 1);
  return printable(content);
}

/// Of 4xx, whether the record need not be at fault: a token, an address or a method that somebody will mend,
/// since every record would be answered so; or a server that had no time, or asks to come again.
bool may_pass(int status) {
  constexpr int kStatuses[] = {401, 403, 404, 405, 407, 408, 421, 425, 426, 429};
  return std::ranges::find(kStatuses, status) != std::end(kStatuses);
}

Outcome outcome_of_answer(const http_client::Answer& answer, WallTime now) {
  const int hundreds = answer.status / 100;
  if (hundreds == 2) return Succeeded();
  std::string reason = fmt::format("the server has answered {}", answer.status);
  if (hundreds == 3)
    reason += ", and no redirection is followed";
  else if (const std::string content = shown(answer.content); !content.empty())
    reason += fmt::format(" (\"{}\")", content);
  if (hundreds == 4 && !may_pass(answer.status)) return Hopeless{std::move(reason)};
  const auto wait = http::parse_retry_after(answer.field("Retry-After"), now);
  return Failed{.reason = std::move(reason), .shortest_pause = wait.value_or(seconds(0))};
}

}  // namespace

Outcome outcome_of(const http_client::RequestOutcome& sent, WallTime now) {
  if (const auto* answer = std::get_if<http_client::Answer>(&sent)) return outcome_of_answer(*answer, now);
  if (const auto* none = std::get_if<http_client::NoAnswer>(&sent))
    return Failed{.reason = fmt::format("there is no answer: {}", printable(none->reason))};
  return Interrupted{"the request was broken off, since this worker was told to end at once"};
}

}  // namespace bobbin::inbox

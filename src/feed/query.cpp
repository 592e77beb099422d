#include "feed/query.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>

#include "base/ascii.h"

namespace bobbin::feed {
namespace {

/// Decimal digits alone.
std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Sets what one parameter says.
Result<void, std::string> take(std::string_view name, std::string_view value, Query& query) {
  if (name == "since") {
    const auto number = number_in(value);
    if (!number) return failure(std::string("The parameter since is no sequence; a whole number is needed."));
    query.since = *number;
  } else if (name == "limit") {
    const auto number = number_in(value);
    if (!number || *number < 1 || *number > Query::kMostRecords)
      return failure(fmt::format("The parameter limit is not allowed; a whole number from 1 to {} is needed.",
                                 Query::kMostRecords));
    query.limit = static_cast<unsigned>(*number);
  } else if (name == "wait") {
    const auto number = number_in(value.ends_with('s') ? value.substr(0, value.size() - 1) : value);
    if (!number || *number > static_cast<std::uint64_t>(Query::kLongestWait.count()))
      return failure(
          fmt::format("The parameter wait is not allowed; whole seconds from 0 to {} are needed, such as 30 "
                      "or 30s.",
                      Query::kLongestWait.count()));
    query.wait = seconds(*number);
  } else {
    return failure(
        std::string("A parameter is not known; only since, limit and wait are allowed, each with a value."));
  }
  return {};
}

}  // namespace

Result<Query, std::string> parse_query(std::string_view text) {
  Query query;
  std::string seen;  // the names so far, each between '&'
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view each = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(each.size() + 1, rest.size()));
    const std::size_t equals = std::min(each.find('='), each.size());
    const std::string_view name = each.substr(0, equals);
    TRY(take(name, each.substr(std::min(equals + 1, each.size())), query));
    const std::string known = "&" + std::string(name) + "&";
    if (seen.find(known) != std::string::npos)
      return failure(fmt::format("The parameter {} is there twice; each is allowed once.", name));
    seen += known;
  }
  return query;
}

Result<std::uint64_t, std::string> parse_last_event_id(std::string_view value) {
  if (const auto number = number_in(value)) return *number;
  return failure(std::string("The field Last-Event-ID is no sequence; a whole number is needed."));
}

std::string text_of(const Query& query) {
  std::string text = fmt::format("since={}&limit={}", query.since, query.limit);
  if (query.wait > seconds(0)) text += fmt::format("&wait={}", query.wait.count());
  return text;
}

}  // namespace bobbin::feed

#include "object_store/location.h"

#include <algorithm>
#include <cstddef>

#include "base/ascii.h"

namespace bobbin::object_store {
namespace {

constexpr std::size_t kMostPrefixBytes = 512;

bool is_letter_or_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); }

bool is_bucket_name(std::string_view name) {
  return name.size() >= 3 && name.size() <= 63 && is_letter_or_digit(name.front()) &&
         is_letter_or_digit(name.back()) && name.find("..") == std::string_view::npos &&
         std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-'; });
}

bool is_prefix(std::string_view prefix) {
  if (prefix.size() > kMostPrefixBytes) return false;
  for (;;) {
    const std::size_t end = std::min(prefix.find('/'), prefix.size());
    const std::string_view segment = prefix.substr(0, end);
    if (segment.empty() || segment == "." || segment == "..") return false;
    if (!std::ranges::all_of(segment, [](char c) { return c > ' ' && c < '\x7f'; })) return false;
    if (end == prefix.size()) return true;
    prefix.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<Location> parse_location(std::string_view text) {
  constexpr std::string_view kScheme = "s3://";
  if (!equals_ignoring_case(text.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  text.remove_prefix(kScheme.size());
  const std::size_t end = std::min(text.find('/'), text.size());
  const std::string_view bucket = text.substr(0, end);
  if (!is_bucket_name(bucket)) return std::nullopt;
  std::string_view prefix = text.substr(std::min(end + 1, text.size()));
  if (prefix.empty()) return Location{.bucket = std::string(bucket), .prefix = {}};
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (!is_prefix(prefix)) return std::nullopt;
  return Location{.bucket = std::string(bucket), .prefix = std::string(prefix) + "/"};
}

}  // namespace bobbin::object_store

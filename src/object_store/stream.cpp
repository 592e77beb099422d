#include "object_store/stream.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <fmt/format.h>

#include "base/ascii.h"
#include "base/utc_time.h"

namespace bobbin::object_store {
namespace {

constexpr std::size_t kDigits = 12;
constexpr std::string_view kEnding = ".json";
constexpr std::string_view kTombstone = R"({"bobbin":1,"closed":)";

constexpr std::size_t kMostNodeBytes = 64;
constexpr std::size_t kIdBytes = 26;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_in_node_name(char c) { return is_lower(c) || is_digit(c) || c == '-'; }
bool is_in_id(char c) { return is_lower(c) || (c >= '2' && c <= '7'); }

}  // namespace

bool is_node_name(std::string_view text) {
  return !text.empty() && text.size() <= kMostNodeBytes && std::ranges::all_of(text, is_in_node_name);
}

bool is_epoch(std::string_view text) {
  if (text.size() <= kIdBytes) return false;
  const std::string_view id = text.substr(text.size() - kIdBytes);
  text.remove_suffix(kIdBytes);
  if (!text.ends_with('-') || !std::ranges::all_of(id, is_in_id)) return false;
  text.remove_suffix(1);
  return utc_time_of_name(text).has_value();
}

std::optional<StreamName> parse_stream_name(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view node = text.substr(0, dot);
  const std::string_view epoch = text.substr(dot + 1);
  if (!is_node_name(node) || !is_epoch(epoch)) return std::nullopt;
  return StreamName{.node = std::string(node), .epoch = std::string(epoch)};
}

std::string number_name(std::uint64_t number) { return fmt::format("{:012}{}", number, kEnding); }

std::optional<std::uint64_t> parse_number_name(std::string_view name) {
  if (name.size() != kDigits + kEnding.size() || !name.ends_with(kEnding)) return std::nullopt;
  const std::string_view digits = name.substr(0, kDigits);
  if (!std::ranges::all_of(digits, is_digit)) return std::nullopt;
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number == 0 ? std::nullopt : std::optional(number);
}

std::string tombstone(std::string_view name) { return fmt::format("{}\"{}\"}}\n", kTombstone, name); }

bool is_tombstone(std::string_view content) { return content.starts_with(kTombstone); }

}  // namespace bobbin::object_store

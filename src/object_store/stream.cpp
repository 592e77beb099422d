#include "object_store/stream.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "base/ascii.h"

namespace bobbin::object_store {
namespace {

constexpr std::size_t kDigits = 12;
constexpr std::string_view kEnding = ".json";
constexpr std::string_view kTombstone = R"({"bobbin":1,"closed":)";

}  // namespace

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

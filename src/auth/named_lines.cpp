#include "auth/named_lines.h"

#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>

#include "base/list_lines.h"

namespace bobbin::auth {
namespace {

constexpr std::size_t kLongestName = 255;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && std::ranges::none_of(text, [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7F';
  });
}

}  // namespace

Result<std::vector<NamedLine>, std::string> named_lines(std::string_view text) {
  std::vector<NamedLine> lines;
  std::unordered_map<std::string_view, std::size_t> numbers;
  ListLines rest(text);
  while (const auto next = rest.next()) {
    const auto& [number, line] = *next;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return failure(fmt::format("line {} has no colon", number));
    const std::string_view name = line.substr(0, colon);
    if (!is_name(name))
      return failure(fmt::format("line {} must begin with a name of 1 to {} bytes without control characters",
                                 number, kLongestName));
    const auto [first, is_new] = numbers.emplace(name, number);
    if (!is_new) return failure(fmt::format("line {} has the name of line {}", number, first->second));
    lines.push_back({.number = number, .name = name, .value = line.substr(colon + 1)});
  }
  return lines;
}

}  // namespace bobbin::auth

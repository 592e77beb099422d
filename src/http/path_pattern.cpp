#include "http/path_pattern.h"

#include <algorithm>
#include <cstddef>

namespace bobbin::http {
namespace {

constexpr std::size_t kNowhere = std::string_view::npos;

/// Where to go on when the pattern does not fit: a star takes one character more.
struct Star {
  std::size_t behind_star = kNowhere;  // in the pattern
  std::size_t taken_to = 0;            // in the path
};

bool fits(std::string_view pattern, std::string_view path) {
  Star one, two;  // the last `*` and the last `**` so far; an earlier one never has to take more
  std::size_t at = 0, of = 0;
  while (true) {
    if (pattern.substr(of).starts_with("**")) {
      two = {.behind_star = of += 2, .taken_to = at};
      one = {};
    } else if (of < pattern.size() && pattern[of] == '*') {
      one = {.behind_star = ++of, .taken_to = at};
    } else if (of < pattern.size() && at < path.size() &&
               (pattern[of] == path[at] || (pattern[of] == '?' && path[at] != '/'))) {
      ++of, ++at;
    } else if (of == pattern.size() && at == path.size()) {
      return true;
    } else if (one.behind_star != kNowhere && one.taken_to < path.size() && path[one.taken_to] != '/') {
      at = ++one.taken_to;
      of = one.behind_star;
    } else if (two.behind_star != kNowhere && two.taken_to < path.size()) {
      at = ++two.taken_to;
      of = two.behind_star;
      one = {};
    } else {
      return false;
    }
  }
}

}  // namespace

std::optional<PathPattern> PathPattern::parse(std::string_view text) {
  const bool has_controls =
      std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; });
  if (text.empty() || has_controls || text.find("//") != kNowhere) return std::nullopt;
  if (text.front() != '/' && text.find('/') != kNowhere) return std::nullopt;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    if (segment == "." || segment == "..") return std::nullopt;
    rest.remove_prefix(std::min(segment.size() + 1, rest.size()));
  }
  return PathPattern(text);
}

bool PathPattern::matches(std::string_view path) const {
  if (text_.front() != '/') path.remove_prefix(path.rfind('/') + 1);
  return fits(text_, path);
}

}  // namespace bobbin::http

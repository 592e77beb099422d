#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "given.h"
#include "http/path_pattern.h"

// A pattern for paths in the first line, and a path behind it. Compared with a reader that fills a table:
// which front of the pattern fits which front of the path.
namespace bobbin::fuzz {
namespace {

constexpr std::size_t kLongestPattern = 512;
constexpr std::size_t kLongestPath = 2048;

/// The three wildcards, one by one, as path_pattern.h has them.
bool fits(std::string_view pattern, std::string_view path) {
  std::vector<char> reached(path.size() + 1, 0);  // which fronts of the path the pattern so far fits
  reached[0] = 1;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool is_star = pattern[i] == '*';
    const bool is_double = is_star && i + 1 < pattern.size() && pattern[i + 1] == '*';
    std::vector<char> next(path.size() + 1, 0);
    for (std::size_t at = 0; at <= path.size(); ++at) {
      if (is_star) {
        const bool takes_one = at > 0 && next[at - 1] && (is_double || path[at - 1] != '/');
        next[at] = reached[at] || takes_one;
      } else if (at > 0 && reached[at - 1]) {
        const char c = path[at - 1];
        next[at] = pattern[i] == c || (pattern[i] == '?' && c != '/');
      }
    }
    reached = std::move(next);
    if (is_double) ++i;
  }
  return reached[path.size()] != 0;
}

/// Whether somebody could have meant a set of paths by it, by the promise of PathPattern::parse().
bool is_allowed(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  const std::string framed = "/" + std::string(text) + "/";
  const std::string_view whole = text.front() == '/' ? std::string_view(framed).substr(1) : framed;
  const bool has_slash = text.find('/') != std::string_view::npos;
  if (has_slash && text.front() != '/') return false;
  if (text.find("//") != std::string_view::npos) return false;
  return whole.find("/./") == std::string_view::npos && whole.find("/../") == std::string_view::npos;
}

void run(std::string_view input) {
  const std::string_view line = input.substr(0, input.find('\n'));
  const ExactCopy text(line);
  const ExactCopy path(input.substr(std::min(line.size() + 1, input.size())));
  const auto pattern = http::PathPattern::parse(text.text());
  ASSERT(pattern.has_value() == is_allowed(line));
  if (!pattern || line.size() > kLongestPattern || path.text().size() > kLongestPath) return;
  ASSERT(pattern->text() == line);
  if (!path.text().starts_with('/')) return;

  std::string_view compared = path.text();
  if (line.front() != '/') compared.remove_prefix(compared.rfind('/') + 1);
  ASSERT(pattern->matches(path.text()) == fits(line, compared));
  if (line.find_first_of("*?") == std::string_view::npos)
    ASSERT(pattern->matches(path.text()) == (line == compared));
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input);
  return 0;
}

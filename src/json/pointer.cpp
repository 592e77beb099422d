#include "json/pointer.h"

#include <algorithm>

namespace bobbin::json {
namespace {

/// RFC 6901 §4: `~1` stands for a slash, `~0` for a tilde.
std::optional<std::string> unescaped(std::string_view token) {
  std::string text;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      text += token[i];
      continue;
    }
    ++i;
    if (i == token.size() || (token[i] != '0' && token[i] != '1')) return std::nullopt;
    text += token[i] == '0' ? '~' : '/';
  }
  return text;
}

}  // namespace

std::optional<Pointer> Pointer::parse(std::string_view text) {
  std::vector<std::string> tokens;
  while (!text.empty()) {
    if (text.front() != '/' || tokens.size() == kMostTokens) return std::nullopt;
    const std::size_t end = std::min(text.find('/', 1), text.size());
    auto token = unescaped(text.substr(1, end - 1));
    if (!token) return std::nullopt;
    tokens.push_back(*std::move(token));
    text.remove_prefix(end);
  }
  return Pointer(std::move(tokens));
}

}  // namespace bobbin::json

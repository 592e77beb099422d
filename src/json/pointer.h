#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bobbin::json {

/// Names one value in a JSON text (JSON Pointer, RFC 6901). Immutable.
class Pointer {
 public:
  static constexpr std::size_t kMostTokens = 32;

  /// `/order/id`. Empty: the whole text. Nothing: it does not begin with a slash, has a `~` that is not
  /// followed by 0 or 1 (§3), or more than kMostTokens tokens.
  [[nodiscard]] static std::optional<Pointer> parse(std::string_view text);

  /// Names of members, or indices of elements, from the outside to the inside; unescaped.
  [[nodiscard]] const std::vector<std::string>& tokens() const { return tokens_; }

 private:
  explicit Pointer(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {}
  std::vector<std::string> tokens_;
};

}  // namespace bobbin::json

#pragma once

#include <algorithm>
#include <array>
#include <string_view>

// The building blocks of field values: RFC 9110 §5.6.
namespace bobbin::http {

namespace detail {

constexpr std::array<bool, 256> token_chars() {
  std::array<bool, 256> are{};
  for (const std::string_view part :
       {"0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "!#$%&'*+-.^_`|~"})
    for (const char c : part) are[static_cast<unsigned char>(c)] = true;
  return are;
}
inline constexpr std::array<bool, 256> kTokenChars = token_chars();

}  // namespace detail

/// RFC 9110 §5.6.2.
[[nodiscard]] constexpr bool is_token_char(char c) {
  return detail::kTokenChars[static_cast<unsigned char>(c)];
}
[[nodiscard]] constexpr bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

/// Reads a field value from its front.
class FieldValueReader {
 public:
  explicit constexpr FieldValueReader(std::string_view value) : rest_(value) {}

  [[nodiscard]] constexpr bool at_end() const { return rest_.empty(); }
  /// Steps over `c` when it comes next.
  constexpr bool skip(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  constexpr void skip_white_space() {
    while (skip(' ') || skip('\t')) {
    }
  }
  /// Steps over the white space, commas and empty elements between two elements of a list (RFC 9110
  /// §5.6.1.2).
  constexpr void skip_to_element() {
    while (skip(' ') || skip('\t') || skip(',')) {
    }
  }
  /// True where an element of a list may end.
  [[nodiscard]] constexpr bool at_element_end() {
    skip_white_space();
    return rest_.empty() || rest_.front() == ',';
  }
  /// Steps to the next comma or the end: for a list of which a bad element is passed over.
  constexpr void skip_element() { rest_.remove_prefix(std::min(rest_.find(','), rest_.size())); }

  /// The longest token that comes next; empty when there is none.
  [[nodiscard]] constexpr std::string_view token() {
    std::size_t size = 0;
    while (size < rest_.size() && is_token_char(rest_[size])) ++size;
    return take(size);
  }
  /// Steps over a quoted-string (RFC 9110 §5.6.4). False when none comes next.
  [[nodiscard]] constexpr bool skip_quoted_string() {
    if (!skip('"')) return false;
    while (!rest_.empty()) {
      if (skip('"')) return true;
      skip('\\');
      if (rest_.empty() || !is_quotable(rest_.front())) return false;
      rest_.remove_prefix(1);
    }
    return false;
  }
  /// An entity-tag (RFC 9110 §8.8.3), with its quotes and `W/`; empty when none comes next.
  [[nodiscard]] constexpr std::string_view entity_tag() {
    const std::size_t opening = rest_.starts_with("W/") ? 2 : 0;
    if (rest_.size() <= opening || rest_[opening] != '"') return {};
    const auto closing = std::find_if_not(rest_.begin() + static_cast<std::ptrdiff_t>(opening) + 1,
                                          rest_.end(), is_entity_tag_char);
    if (closing == rest_.end() || *closing != '"') return {};
    return take(static_cast<std::size_t>(closing - rest_.begin()) + 1);
  }

  /// Reads *( OWS ";" OWS [ parameter ] ) (RFC 9110 §5.6.6), and calls visit(name, value) for each; a value
  /// keeps its quotes. False when malformed.
  template <typename Visit>
  [[nodiscard]] constexpr bool parameters(Visit visit) {
    for (skip_white_space(); skip(';'); skip_white_space()) {
      skip_white_space();
      const std::string_view name = token();
      if (name.empty()) continue;
      if (!skip('=')) return false;
      const std::string_view from_value = rest_;
      if (token().empty() && !skip_quoted_string()) return false;
      visit(name, from_value.substr(0, from_value.size() - rest_.size()));
    }
    return true;
  }

 private:
  constexpr std::string_view take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  // qdtext and quoted-pair: visible characters, SP, HTAB and obs-text.
  static constexpr bool is_quotable(char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  }
  static constexpr bool is_entity_tag_char(char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != '"' && c != 0x7F;
  }

  std::string_view rest_;
};

}  // namespace bobbin::http

#include "json/explain.h"

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "base/utf8.h"

namespace bobbin::json {
namespace {

using boost::json::error;

std::size_t hexadecimal_digits(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), [](char c) { return hex_value(c) < 0; });
  return static_cast<std::size_t>(end - text.begin());
}

/// The code unit of a whole \uXXXX at the front of `text`.
std::optional<int> unicode_escape(std::string_view text) {
  if (!text.starts_with("\\u") || hexadecimal_digits(text.substr(2, 4)) < 4) return std::nullopt;
  int unit = 0;
  for (const char c : text.substr(2, 4)) unit = unit * 16 + hex_value(c);
  return unit;
}

bool is_high_surrogate(int unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(int unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

/// An escape that names one half of a surrogate pair without the other, so close before `position` that the
/// parser stopped because of it.
std::optional<std::size_t> find_half_pair(std::string_view text, std::size_t position) {
  constexpr std::size_t kEscapeSize = 6;
  for (std::size_t i = text.find('\\'); i <= position; i = text.find('\\', i)) {
    const auto unit = unicode_escape(text.substr(i));
    if (!unit) {
      i += 2;
      continue;
    }
    const auto next = unicode_escape(text.substr(std::min(i + kEscapeSize, text.size())));
    const bool is_pair = is_high_surrogate(*unit) && next && is_low_surrogate(*next);
    const bool is_half = !is_pair && (is_high_surrogate(*unit) || is_low_surrogate(*unit));
    if (is_half && i + 2 * kEscapeSize >= position) return i;
    i += is_pair ? 2 * kEscapeSize : kEscapeSize;
  }
  return std::nullopt;
}

/// Whether the byte at `position` is the one that a backslash escapes.
bool is_escaped(std::string_view text, std::size_t position) {
  std::size_t backslashes = 0;
  while (backslashes < position && text[position - backslashes - 1] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

bool is_letter(char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }

std::string quote(std::string_view text) {
  const char mark = text == "\"" ? '\'' : '"';
  return mark + std::string(text) + mark;
}

/// "U+000A"
std::string code_point(unsigned char byte) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  return std::string("U+00") + kDigits[byte >> 4] + kDigits[byte & 0xF];
}

/// What stands at the front of `text`, where the grammar has no place for it.
std::string unexpected(std::string_view text) {
  constexpr std::size_t kLongestWord = 20;
  const auto byte = static_cast<unsigned char>(text.front());
  if (byte < 0x20 || byte == 0x7F) return "unexpected control character " + code_point(byte);
  if (!is_letter(text.front())) return "unexpected character " + quote(text.substr(0, utf8_length(text)));
  const auto end = std::find_if_not(text.begin(), text.end(), is_letter);
  const std::string_view word(text.begin(), end);
  return "unexpected " + quote(word.substr(0, kLongestWord)) + (word.size() > kLongestWord ? "…" : "");
}

/// What is wrong with the text as a sequence of characters.
Explanation explain_grammar(std::string_view text, std::size_t position, boost::json::error_code code) {
  if (!code) return {"nothing but white space may follow the value", position};
  if (code == error::too_deep) return {"arrays and objects are nested too deeply", position};
  if (code == error::exponent_overflow) return {"the exponent of a number is too large", position};
  if (const auto half = find_half_pair(text, position))
    return {"an escape names half of a surrogate pair", *half};
  if (code == error::expected_hex_digit) {
    // The parser stopped behind it, and another escape may begin right where it stopped; or at the `u`, when
    // no digit follows.
    const bool at_u = text[position] == 'u' && is_escaped(text, position);
    const std::size_t escape = text.substr(0, position + (at_u ? 1 : 0)).rfind("\\u");
    const std::size_t digits =
        escape == std::string_view::npos ? 0 : escape + 2;  // 0: a block ended inside it
    return {"four hexadecimal digits must follow \\u", digits + hexadecimal_digits(text.substr(digits))};
  }
  if (text.starts_with("\xEF\xBB\xBF") && position == 0)
    return {"a byte order mark is not allowed", position};
  if (is_escaped(text, position)) return {"unknown escape after a backslash", position};
  return {unexpected(text.substr(position)), position};
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view text) {
  std::size_t position = 0;
  while (position < text.size()) {
    const std::size_t length = utf8_length(text.substr(position));
    if (length == 0) break;
    position += length;
  }
  return position;
}

Explanation explain(std::string_view text, std::size_t position, boost::json::error_code code) {
  // The parser stops at or a few bytes behind what is wrong inside a character or an escape, depending on how
  // it got there. When both are in reach, the first one is what is wrong.
  const std::size_t invalid = find_invalid_utf8(text);
  Explanation explanation = explain_grammar(text, position, code);
  if (invalid <= position && invalid <= explanation.position) return {"the bytes are not UTF-8", invalid};
  return explanation;
}

Explanation explain_end(std::string_view text) {
  // The parser waits for the rest of a character that is already spoilt.
  const std::size_t invalid = find_invalid_utf8(text);
  if (invalid < text.size()) return {"the bytes are not UTF-8", invalid};
  return {"the text ends before the value is complete", text.size()};
}

}  // namespace bobbin::json

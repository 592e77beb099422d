#include "observe/escape.h"

#include <array>
#include <cstdint>

#include "base/utf8.h"
#include "observe/access_log.h"

namespace bobbin::observe {
namespace {

/// The character at the front of a text, or a byte that is not UTF-8.
struct Character {
  std::string_view bytes;
  char32_t code_point;  // of an invalid byte: its value
  bool is_valid;
};

constexpr std::uint8_t byte_at(std::string_view text, std::size_t i) {
  return static_cast<std::uint8_t>(text[i]);
}

Character front_character(std::string_view text) {
  const std::size_t length = utf8_length(text);
  if (length <= 1) return {text.substr(0, 1), byte_at(text, 0), length == 1};
  char32_t code_point = byte_at(text, 0) & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code_point = (code_point << 6) | (byte_at(text, i) & 0x3FU);
  return {text.substr(0, length), code_point, true};
}

// Beyond ASCII: the C1 controls (U+009B begins a terminal sequence as ESC [ does), the line and paragraph
// separators, and the marks that reorder what a reader sees (Unicode Technical Report 36 §3.2, bidirectional
// text).
constexpr bool acts_on_display(char32_t c) {
  return (c >= 0x80 && c <= 0x9F) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/// Which bytes may be copied without a look at their neighbours: printable ASCII without these.
constexpr std::array<bool, 256> printable_except(std::string_view excluded) {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < 0x7F; ++c) table[c] = true;
  for (std::size_t i = 0; i < excluded.size(); ++i) table[byte_at(excluded, i)] = false;
  return table;
}

/// Copies what can be shown and leaves the rest, one character at a time, to `escape`.
template <typename Escape>
void append_with(std::string& out, std::string_view text, const std::array<bool, 256>& plain, Escape escape) {
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && plain[byte_at(text, run)]) ++run;
    out.append(text.substr(0, run));
    text.remove_prefix(run);
    if (text.empty()) return;
    const Character character = front_character(text);
    if (character.is_valid && character.code_point >= 0x80 && !acts_on_display(character.code_point)) {
      out.append(character.bytes);
    } else {
      escape(character);
    }
    text.remove_prefix(character.bytes.size());
  }
}

constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_hex_bytes(std::string& out, std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out += "\\x";
    out += kHexDigits[byte_at(bytes, i) >> 4];
    out += kHexDigits[byte_at(bytes, i) & 0xF];
  }
}

void append_log_text(std::string& out, std::string_view text, const std::array<bool, 256>& plain) {
  append_with(out, text, plain, [&](const Character& character) {
    if (character.bytes == "\\") {
      out += "\\\\";
    } else {
      append_hex_bytes(out, character.bytes);
    }
  });
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  static constexpr auto kPlain = printable_except("\\");
  append_log_text(out, text, kPlain);
}

void append_quoted(std::string& out, std::string_view text) {
  static constexpr auto kPlain = printable_except("\\\"");
  out += '"';
  if (text.empty()) {
    out += '-';
  } else {
    append_log_text(out, text, kPlain);
  }
  out += '"';
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr auto kPlain = printable_except("\\\"");
  out += '"';
  append_with(out, text, kPlain, [&](const Character& character) {
    if (character.bytes == "\\" || character.bytes == "\"") {
      out += '\\';
      out += character.bytes;
      return;
    }
    // Four digits are enough: characters above U+FFFF are shown.
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += kHexDigits[(character.code_point >> shift) & 0xF];
  });
  out += '"';
}

}  // namespace bobbin::observe

#include "observe/escape.h"

#include <cstdint>
#include <cstring>
#include <functional>
#include <iterator>
#include <numeric>
#include <string>

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

// Vectors as GCC and Clang have them for every processor: a comparison sets the bytes that it holds for.
// Signed: bytes beyond ASCII are negative.
using Bytes8 = std::int8_t __attribute__((vector_size(8)));
using Bytes16 = std::int8_t __attribute__((vector_size(16)));

/// The bytes that may be copied without a look at their neighbours: printable ASCII except `Excluded`.
template <char... Excluded>
struct PlainBytes {
  static constexpr bool has(char c) {
    const auto byte = static_cast<std::int8_t>(c);
    return byte >= 0x20 && byte != 0x7F && ((byte != Excluded) && ...);
  }
  template <typename Vector>
  static bool has_all(Vector bytes) {
    const Vector others = (bytes < 0x20) | (bytes == 0x7F) | (... | (bytes == Excluded));
    std::uint64_t words[sizeof others / sizeof(std::uint64_t)];
    std::memcpy(words, &others, sizeof others);
    return std::accumulate(std::begin(words), std::end(words), std::uint64_t{0}, std::bit_or()) == 0;
  }
};

template <typename Plain, typename Vector>
bool copy_if_plain(char* to, const char* from) {
  Vector bytes;
  std::memcpy(&bytes, from, sizeof bytes);
  if (!Plain::has_all(bytes)) return false;
  std::memcpy(to, &bytes, sizeof bytes);
  return true;
}

/// Copies the plain bytes at the front of `text` to `to`, which has room for all of it; returns how many.
template <typename Plain>
std::size_t copy_plain(char* to, std::string_view text) {
  const char* const from = text.data();
  const std::size_t size = text.size();
  std::size_t done = 0;
  while (size - done >= 16 && copy_if_plain<Plain, Bytes16>(to + done, from + done)) done += 16;
  if (done == size) return size;
  if (size - done >= 8 && copy_if_plain<Plain, Bytes8>(to + done, from + done)) done += 8;
  // The rest together with bytes that have been copied already.
  if (size >= 8 && size - done < 8 && copy_if_plain<Plain, Bytes8>(to + size - 8, from + size - 8))
    return size;
  while (done < size && Plain::has(from[done])) {
    to[done] = from[done];
    ++done;
  }
  return done;
}

/// What one character becomes at most: four bytes, each as \xHH.
constexpr std::size_t kMostCharacterBytes = 16;

/// Adds what can be shown and leaves the rest, one character at a time, to `escape`. False when the text was
/// cut, between two characters, so that what is added is no longer than `limit_bytes`.
template <typename Plain, typename Escape>
bool add_within(std::size_t limit_bytes, LineBuilder& line, std::string_view text, Escape escape) {
  const std::size_t limit = line.size() + limit_bytes;
  while (true) {
    // Others come in groups: words in another alphabet, binary rubbish.
    while (!text.empty() && !Plain::has(text.front())) {
      if (line.size() + kMostCharacterBytes > limit) return false;
      const Character character = front_character(text);
      if (character.is_valid && character.code_point >= 0x80 && !acts_on_display(character.code_point)) {
        line.add(character.bytes);
      } else {
        escape(character);
      }
      text.remove_prefix(character.bytes.size());
    }
    if (text.empty()) return true;
    if (line.size() == limit) return false;
    const std::string_view fitting = text.substr(0, limit - line.size());
    const std::size_t copied = copy_plain<Plain>(line.room(fitting.size()), fitting);
    line.extend(copied);
    text.remove_prefix(copied);
  }
}

/// The same within kMostTextBytes. What is short enough and plain, as most texts are, costs no more than its
/// copy.
template <typename Plain, typename Escape>
bool add_with(LineBuilder& line, std::string_view text, Escape escape) {
  if (text.size() > kMostTextBytes) return add_within<Plain>(kMostTextBytes, line, text, escape);
  const std::size_t copied = copy_plain<Plain>(line.room(text.size()), text);
  line.extend(copied);
  return copied == text.size() ||
         add_within<Plain>(kMostTextBytes - copied, line, text.substr(copied), escape);
}

constexpr std::string_view kHexDigits = "0123456789abcdef";

void add_hex_bytes(LineBuilder& line, std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    line.add("\\x");
    line.add(kHexDigits[byte_at(bytes, i) >> 4]);
    line.add(kHexDigits[byte_at(bytes, i) & 0xF]);
  }
}

template <typename Plain>
void add_log_text(LineBuilder& line, std::string_view text) {
  const bool is_whole = add_with<Plain>(line, text, [&](const Character& character) {
    if (character.bytes == "\\") {
      line.add("\\\\");
    } else {
      add_hex_bytes(line, character.bytes);
    }
  });
  if (!is_whole) line.add("(cut)");
}

}  // namespace

void add_escaped(LineBuilder& line, std::string_view text) { add_log_text<PlainBytes<'\\'>>(line, text); }

void add_quoted(LineBuilder& line, std::string_view text) {
  line.add('"');
  if (text.empty()) {
    line.add('-');
  } else {
    add_log_text<PlainBytes<'\\', '"'>>(line, text);
  }
  line.add('"');
}

bool add_json_string(LineBuilder& line, std::string_view text) {
  line.add('"');
  const bool is_whole = add_with<PlainBytes<'\\', '"'>>(line, text, [&](const Character& character) {
    if (character.bytes == "\\" || character.bytes == "\"") {
      line.add('\\');
      line.add(character.bytes);
      return;
    }
    // Four digits are enough: characters above U+FFFF are shown.
    line.add("\\u");
    for (int shift = 12; shift >= 0; shift -= 4) line.add(kHexDigits[(character.code_point >> shift) & 0xF]);
  });
  line.add('"');
  return is_whole;
}

void append_escaped(std::string& out, std::string_view text) {
  LineBuilder line;
  add_escaped(line, text);
  out += line.text();
}

void append_quoted(std::string& out, std::string_view text) {
  LineBuilder line;
  add_quoted(line, text);
  out += line.text();
}

bool append_json_string(std::string& out, std::string_view text) {
  LineBuilder line;
  const bool is_whole = add_json_string(line, text);
  out += line.text();
  return is_whole;
}

}  // namespace bobbin::observe

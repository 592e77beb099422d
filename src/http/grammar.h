#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/field_syntax.h"

// The character sets of the grammars of HTTP and of URIs, as one table: a byte is classified by one load.
namespace bobbin::http {

enum class CharacterSet : std::uint8_t {
  token = 1,        ///< tchar (RFC 9110 §5.6.2): methods, field names
  target = 2,       ///< VCHAR: what a request target may hold before anybody takes it apart (RFC 9112 §3.2)
  field_value = 4,  ///< VCHAR, obs-text, SP, HTAB (RFC 9110 §5.5)
  query = 8,        ///< of a target, but for '#': a request target carries no fragment (RFC 9112 §3.2)
  plain_segment = 16,  ///< of a query, but for what means something in a path: / ? % and the backslash
  host_name = 32,      ///< unreserved and sub-delims (RFC 3986 §2.2 and §2.3), but for the comma
};

namespace detail {

constexpr std::array<std::uint8_t, 256> classify_characters() {
  std::array<std::uint8_t, 256> sets{};
  const auto put = [&sets](int c, CharacterSet set) {
    sets[static_cast<std::size_t>(c)] |= static_cast<std::uint8_t>(set);
  };
  for (int c = 0x21; c <= 0x7e; ++c) {
    put(c, CharacterSet::target);
    if (c != '#') put(c, CharacterSet::query);
    if (std::string_view("#/?%\\").find(static_cast<char>(c)) == std::string_view::npos)
      put(c, CharacterSet::plain_segment);
  }
  for (int c = 0x20; c <= 0xff; ++c)
    if (c != 0x7f) put(c, CharacterSet::field_value);
  put('\t', CharacterSet::field_value);
  for (int c = 0; c < 0x80; ++c)
    if (is_token_char(static_cast<char>(c))) put(c, CharacterSet::token);
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (const std::string_view part : {kLetters, std::string_view("0123456789-._~!$&'()*+;=")})
    for (const char c : part) put(c, CharacterSet::host_name);
  return sets;
}

inline constexpr std::array<std::uint8_t, 256> kCharacterSets = classify_characters();

}  // namespace detail

[[nodiscard]] constexpr bool is_in(CharacterSet set, char c) {
  return (detail::kCharacterSets[static_cast<unsigned char>(c)] & static_cast<std::uint8_t>(set)) != 0;
}

[[nodiscard]] constexpr bool is_optional_white_space(char c) { return c == ' ' || c == '\t'; }

}  // namespace bobbin::http

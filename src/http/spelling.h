#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace bobbin::http {

/// A word of the protocol in lowercase: the argument of is_spelled.
template <std::size_t size_with_nul>
struct Spelling {
  static constexpr std::size_t kSize = size_with_nul - 1;

  consteval Spelling(const char (&text)[size_with_nul]) {  // NOLINT(google-explicit-constructor)
    std::copy_n(text, kSize, characters.begin());
  }
  std::array<char, kSize> characters{};
};

namespace detail {

template <typename Word>
[[nodiscard]] inline Word load(const char* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// Whether the `Word` at `text` spells what is at `spelling`. Setting the bit in which the cases of a letter
/// differ is exact for letters only, so it is left alone in every other character.
template <typename Word, Spelling spelling>
[[nodiscard]] inline bool word_is_spelled(const char* text, std::size_t offset) {
  static constexpr auto kCaseBits = [] {
    auto bits = spelling.characters;
    for (char& c : bits) c = c >= 'a' && c <= 'z' ? 0x20 : 0;
    return bits;
  }();
  const auto expected = load<Word>(spelling.characters.data() + offset);
  const auto case_bits = load<Word>(kCaseBits.data() + offset);
  return (load<Word>(text + offset) | case_bits) == expected;
}

}  // namespace detail

/// Whether `text` is this word, case ignored (RFC 9110 §5.1), compared a machine word at a time: each head
/// holds a dozen names.
template <Spelling spelling>
[[nodiscard]] inline bool is_spelled(std::string_view text) {
  constexpr std::size_t size = spelling.kSize;
  static_assert(size >= 4);
  if (text.size() != size) return false;
  using Word = std::conditional_t<(size >= sizeof(std::uint64_t)), std::uint64_t, std::uint32_t>;
  for (std::size_t offset = 0; offset + sizeof(Word) <= size; offset += sizeof(Word))
    if (!detail::word_is_spelled<Word, spelling>(text.data(), offset)) return false;
  // What is left over is compared together with some of what has been.
  return detail::word_is_spelled<Word, spelling>(text.data(), size - sizeof(Word));
}

}  // namespace bobbin::http

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace bobbin::http {

/// A word of the protocol in lowercase: the argument of is_spelled.
template <std::size_t SizeWithNul>
struct Spelling {
  static constexpr std::size_t kSize = SizeWithNul - 1;

  consteval Spelling(const char (&text)[SizeWithNul]) {  // NOLINT(google-explicit-constructor)
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

/// Whether the `Word` at `text` spells what is at `Expected`. Setting the bit in which the cases of a letter
/// differ is exact for letters only, so it is left alone in every other character.
template <typename Word, Spelling Expected>
[[nodiscard]] inline bool word_is_spelled(const char* text, std::size_t offset) {
  static constexpr auto kCaseBits = [] {
    auto bits = Expected.characters;
    for (char& c : bits) c = c >= 'a' && c <= 'z' ? 0x20 : 0;
    return bits;
  }();
  const auto expected = load<Word>(Expected.characters.data() + offset);
  const auto case_bits = load<Word>(kCaseBits.data() + offset);
  return (load<Word>(text + offset) | case_bits) == expected;
}

}  // namespace detail

/// Whether `text` is this word, case ignored (RFC 9110 §5.1), compared a machine word at a time: each head
/// holds a dozen names.
template <Spelling Expected>
[[nodiscard]] inline bool is_spelled(std::string_view text) {
  constexpr std::size_t kSize = Expected.kSize;
  static_assert(kSize >= 4);
  if (text.size() != kSize) return false;
  using Word = std::conditional_t<(kSize >= sizeof(std::uint64_t)), std::uint64_t, std::uint32_t>;
  for (std::size_t offset = 0; offset + sizeof(Word) <= kSize; offset += sizeof(Word))
    if (!detail::word_is_spelled<Word, Expected>(
            text.data(), offset))  // NOLINT(bugprone-suspicious-stringview-data-usage)
      return false;
  // What is left over is compared together with some of what has been.
  return detail::word_is_spelled<Word, Expected>(
      text.data(), kSize - sizeof(Word));  // NOLINT(bugprone-suspicious-stringview-data-usage)
}

}  // namespace bobbin::http

#include "json/utf8_check.h"

#include <array>
#include <gtest/gtest.h>
#include <string>

#include "base/utf8.h"

namespace bobbin::json {
namespace {

/// At every place in a run of the automaton, and across its end.
void expect(std::string_view text, bool is_valid) {
  for (std::size_t before = 0; before <= 17; ++before) {
    for (const std::size_t behind : {0U, 1U, 20U}) {
      const std::string whole = std::string(before, 'x') + std::string(text) + std::string(behind, 'y');
      EXPECT_EQ(is_valid_utf8(whole), is_valid) << testing::PrintToString(whole);
    }
  }
}

TEST(IsValidUtf8, KnowsTheLimitsOfEveryForm) {  // RFC 3629 §4
  for (const char* text :
       {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xEC\xBF\xBF", "\xED\x9F\xBF",
        "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF3\xBF\xBF\xBF", "\xF4\x8F\xBF\xBF",
        "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z\xC3\xA9"})
    expect(text, true);
  for (const char* text : {"\x80",
                           "\xBF",
                           "\xC0\x80",
                           "\xC1\xBF",
                           "\xC2",
                           "\xC2\x7F",
                           "\xC2\xC0",
                           "\xE0\x9F\xBF",
                           "\xE0\xA0",
                           "\xE1\x80\x7F",
                           "\xED\xA0\x80",
                           "\xEF\xBF\xC0",
                           "\xF0\x8F\xBF\xBF",
                           "\xF0\x90\x80",
                           "\xF1\x80\x80\xC0",
                           "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80",
                           "\xFE",
                           "\xFF",
                           "\xC3\xA9\xA9",
                           "\xE2\x82\xAC\x80",
                           "\xC3\xC3\xA9"})
    expect(text, false);
}

/// A run of ASCII is skipped as a whole, but not where the rest of a character is due.
TEST(IsValidUtf8, RefusesACharacterThatARunOfAsciiSplits) {
  for (const std::size_t run : {1U, 15U, 16U, 17U, 32U}) {
    expect("\xC3" + std::string(run, 'a') + "\xA9", false);
    expect("\xE2\x82" + std::string(run, 'a') + "\xAC", false);
    expect("\xF0" + std::string(run, 'a') + "\x9F\x98\x80", false);
  }
}

/// The other implementation in this repository goes by characters.
TEST(IsValidUtf8, AgreesWithTheOneForShortTexts) {
  // The ends of all ranges that RFC 3629 §4 names.
  const std::array<unsigned char, 23> bytes{0x00, 0x22, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0,
                                            0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC,
                                            0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF};
  std::string text(18, 'x');
  for (const unsigned char a : bytes)
    for (const unsigned char b : bytes)
      for (const unsigned char c : bytes)
        for (const unsigned char d : bytes) {
          text[14] = static_cast<char>(a);
          text[15] = static_cast<char>(b);
          text[16] = static_cast<char>(c);
          text[17] = static_cast<char>(d);
          ASSERT_EQ(is_valid_utf8(text), is_utf8(text)) << testing::PrintToString(text);
        }
}

}  // namespace
}  // namespace bobbin::json

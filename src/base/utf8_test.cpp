#include "base/utf8.h"

#include <gtest/gtest.h>

namespace bobbin {
namespace {

TEST(Utf8, MeasuresTheFirstCharacter) {  // RFC 3629 §3, §4
  struct Case {
    std::string_view text;
    std::size_t length;
  };
  const Case cases[] = {
      {"a\xC3\xA9", 1},
      {std::string_view("\0", 1), 1},
      {"\x7F", 1},
      {"\xC2\x80", 2},          // U+0080, the first of two bytes
      {"\xDF\xBF", 2},          // U+07FF
      {"\xE0\xA0\x80", 3},      // U+0800
      {"\xED\x9F\xBF", 3},      // U+D7FF
      {"\xEE\x80\x80", 3},      // U+E000
      {"\xEF\xBF\xBF", 3},      // U+FFFF
      {"\xF0\x90\x80\x80", 4},  // U+10000
      {"\xF4\x8F\xBF\xBF", 4},  // U+10FFFF
      {"\xE2\x82\xAC!", 3},     // "€!"
      {"\x80", 0},              // a continuation byte alone
      {"\xBF", 0},
      {"\xC0\x80", 0},  // overlong NUL
      {"\xC1\xBF", 0},
      {"\xE0\x9F\xBF", 0},      // overlong
      {"\xED\xA0\x80", 0},      // U+D800, a surrogate
      {"\xED\xBF\xBF", 0},      // U+DFFF
      {"\xF0\x8F\xBF\xBF", 0},  // overlong
      {"\xF4\x90\x80\x80", 0},  // U+110000
      {"\xF5\x80\x80\x80", 0},
      {"\xFE", 0},
      {"\xFF", 0},
      {"\xC3", 0},  // cut short
      {"\xE2\x82", 0},
      {"\xF0\x9F\x92", 0},
      {"\xC3(", 0},
      {"\xE2\x28\xA1", 0},
      {"\xF0\x9F\x92\x28", 0},
  };
  for (const auto& [text, length] : cases) {
    SCOPED_TRACE(testing::PrintToString(std::string(text)));
    EXPECT_EQ(utf8_length(text), length);
  }
}

TEST(Utf8, JudgesWholeTexts) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("na\xC3\xAFve \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x92\xA9"));
  EXPECT_FALSE(is_utf8("na\xEFve"));  // Latin-1
  EXPECT_FALSE(is_utf8("cut \xE6\x97"));
}

TEST(Utf8, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(to_utf8("na\xC3\xAFve"), "na\xC3\xAFve");
  EXPECT_EQ(to_utf8("na\xEFve"), "na\xEF\xBF\xBDve");
  EXPECT_EQ(to_utf8("\xE6\x97"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace bobbin

#include "listing/text.h"

#include <gtest/gtest.h>
#include <limits>

namespace bobbin::listing {
namespace {

template <typename Value>
std::string made_by(void (*append)(std::string&, Value), Value value) {
  std::string text;
  append(text, value);
  return text;
}

TEST(Html, KeepsLines) {
  EXPECT_EQ(made_by<std::string_view>(append_html_lines, "<a>\r\n\n\tb\x01\nc"),
            "&lt;a&gt;\n\n\tb\xEF\xBF\xBD\nc\n");
  EXPECT_EQ(made_by<std::string_view>(append_html_lines, ""), "");
}

TEST(Json, IsEscaped) {
  EXPECT_EQ(made_by<std::string_view>(append_json, "a\"b\\c\n\x01<\xC3\xBC\xE9"),
            "a\\\"b\\\\c\\u000a\\u0001<\xC3\xBC\xEF\xBF\xBD");
}

TEST(Reference, IsAPathWhateverTheName) {
  EXPECT_EQ(made_by<std::string_view>(append_reference, "file-1.2_3~(x)+,;=@$!*"), "file-1.2_3~(x)+,;=@$!*");
  EXPECT_EQ(made_by<std::string_view>(append_reference, "javascript:alert(1)"), "javascript%3Aalert(1)");
  EXPECT_EQ(made_by<std::string_view>(append_reference, "a b?c#d%e/f\\g\"h<i>'&"),
            "a%20b%3Fc%23d%25e%2Ff%5Cg%22h%3Ci%3E%27%26");
  EXPECT_EQ(made_by<std::string_view>(append_reference, "\xE9\xC3\xBC\n"), "%E9%C3%BC%0A");
}

TEST(Size, IsShort) {
  const std::pair<std::uint64_t, const char*> cases[] = {
      {0, "0 B"},
      {999, "999 B"},
      {1'000, "1.0 kB"},
      {1'234, "1.2 kB"},
      {9'949, "9.9 kB"},
      {9'950, "10 kB"},
      {12'345, "12 kB"},
      {999'499, "999 kB"},
      {999'500, "1.0 MB"},
      {1'000'000, "1.0 MB"},
      {5'400'000'000, "5.4 GB"},
      {2'000'000'000'000, "2.0 TB"},
      {std::numeric_limits<std::uint64_t>::max(), "18 EB"}};
  for (const auto& [bytes, text] : cases) EXPECT_EQ(made_by<std::uint64_t>(append_size, bytes), text);
}

TEST(Time, IsThatOfUtc) {
  const WallTime time(seconds(1'795'310'129) + std::chrono::nanoseconds(999'999'999));
  EXPECT_EQ(made_by(append_minute, time), "2026-11-22 01:15");
  EXPECT_EQ(made_by(append_moment, time), "2026-11-22T01:15:29Z");
  const WallTime before(seconds(-1));
  EXPECT_EQ(made_by(append_moment, before), "1969-12-31T23:59:59Z");
}

}  // namespace
}  // namespace bobbin::listing

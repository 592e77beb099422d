#include "signatures/secret_lines.h"

#include <gtest/gtest.h>
#include <string>

namespace bobbin::signatures {
namespace {

using namespace std::string_literals;

TEST(SecretLines, LeaveOutEmptyLinesAndComments) {
  const auto lines = secret_lines("# since May\n\nIt's a Secret to Everybody\r\n\r\n#old\nsecret # 2\nlast");
  ASSERT_TRUE(lines) << lines.error();
  ASSERT_EQ(lines->size(), 3U);
  EXPECT_EQ((*lines)[0].text, "It's a Secret to Everybody");
  EXPECT_EQ((*lines)[0].number, 3U);
  EXPECT_EQ((*lines)[1].text, "secret # 2");
  EXPECT_EQ((*lines)[2].text, "last");
  EXPECT_EQ((*lines)[2].number, 7U);
}

TEST(SecretLines, AreRefusedWithTheirNumberAndWithoutTheirText) {
  const auto refusal = [](const std::string& text) { return secret_lines(text).error(); };
  EXPECT_EQ(refusal(""), "it holds no secret");
  EXPECT_EQ(refusal("# none\n\n"), "it holds no secret");
  EXPECT_EQ(refusal("a\nb\na"), "line 3 holds the secret of line 1");
  EXPECT_EQ(refusal("a\nb\nc\nd\ne"), "it holds 5 secrets; at most 4 are allowed, the newest first");
  for (const std::string& line : {" x"s, "x "s, "\tx"s, "x\t"s, " "s})
    EXPECT_EQ(refusal("a\n" + line),
              "line 2 begins or ends with white space, which would be part of the secret");
  for (const std::string& line : {"a\0b"s, "a\tb"s, "a\x7F"s, "a\rb"s})
    EXPECT_EQ(refusal(line), "line 1 has a control character");
  EXPECT_EQ(refusal(std::string(1025, 'x')), "line 1 is longer than 1024 bytes");
  EXPECT_TRUE(secret_lines(std::string(1024, 'x')));
  EXPECT_EQ(refusal("\xEF\xBB\xBFsecret"),
            "it begins with a byte order mark, which would be part of the secret");
  EXPECT_EQ(secret_lines("a\nb\nc\nd\n")->size(), 4U);
}

}  // namespace
}  // namespace bobbin::signatures

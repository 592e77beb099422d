#include "http/spelling.h"

#include <gtest/gtest.h>
#include <string>

namespace bobbin::http {
namespace {

/// Every text that differs from `word` in one byte is another word, unless the byte is a letter's other case.
template <Spelling spelling>
void expect_exact(std::string_view word) {
  EXPECT_TRUE(is_spelled<spelling>(word));
  for (std::size_t at = 0; at < word.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string text(word);
      text[at] = static_cast<char>(value);
      const bool is_letter = word[at] >= 'a' && word[at] <= 'z';
      const bool is_same = value == word[at] || (is_letter && value == word[at] - 'a' + 'A');
      EXPECT_EQ(is_spelled<spelling>(text), is_same) << text;
    }
  }
  EXPECT_FALSE(is_spelled<spelling>(word.substr(1)));
  EXPECT_FALSE(is_spelled<spelling>(std::string(word) + "x"));
  EXPECT_FALSE(is_spelled<spelling>(""));
}

TEST(Spelling, IgnoresTheCaseOfLettersAndNothingElse) {
  // One word, one word and a rest, two words: of four bytes below eight, else of eight.
  expect_exact<"host">("host");
  expect_exact<"close">("close");
  expect_exact<"chunked">("chunked");
  expect_exact<"if-match">("if-match");
  expect_exact<"100-continue">("100-continue");
  expect_exact<"content-encoding">("content-encoding");
  expect_exact<"if-unmodified-since">("if-unmodified-since");
}

}  // namespace
}  // namespace bobbin::http

#include "http/retry_after.h"

#include <gtest/gtest.h>

namespace bobbin::http {
namespace {

using std::chrono::hours;

// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 §5.6.7.
constexpr WallTime kNow{seconds(784111777)};

TEST(RetryAfterTest, IsANumberOfSeconds) {
  EXPECT_EQ(parse_retry_after("120", kNow), seconds(120));
  EXPECT_EQ(parse_retry_after(" 0\t", kNow), seconds(0));
  EXPECT_EQ(parse_retry_after("86400", kNow), hours(24));
}

TEST(RetryAfterTest, IsADateInAnyOfTheThreeFormats) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", kNow), seconds(60));
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:50:37 GMT", kNow), seconds(60));
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:50:37 1994", kNow), seconds(60));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:38 GMT", kNow + milliseconds(1)), seconds(1))
      << "not too early";
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:36 GMT", kNow), seconds(0)) << "it has passed";
}

TEST(RetryAfterTest, IsADayAtMost) {
  EXPECT_EQ(parse_retry_after("86401", kNow), hours(24));
  EXPECT_EQ(parse_retry_after("99999999999999999999999999", kNow), hours(24));
  EXPECT_EQ(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", kNow), hours(24));
}

TEST(RetryAfterTest, IsNothingElse) {
  for (const char* text :
       {"", "soon", "-1", "1.5", "120 s", "1994-11-06T08:50:37Z", "Sun, 06 Nov 1994 08:50:37 CET"})
    EXPECT_EQ(parse_retry_after(text, kNow), std::nullopt) << text;
}

}  // namespace
}  // namespace bobbin::http

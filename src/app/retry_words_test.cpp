#include "app/retry_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bobbin::app {
namespace {

using inbox::RetrySchedule;
using std::chrono::hours;
using std::chrono::minutes;

std::string pauses(int count) {
  std::string text = "1s";
  for (int i = 1; i < count; ++i) text += ",1s";
  return text;
}

TEST(RetryWords, AreTimesWithCommasBetweenThem) {
  EXPECT_EQ(parse_retry_schedule("5s,5m,30m,2h"),
            RetrySchedule({seconds(5), minutes(5), minutes(30), hours(2)}));
  EXPECT_EQ(parse_retry_schedule(" 1 , 1.5s, 24h"),
            RetrySchedule({seconds(1), milliseconds(1500), hours(24)}));
  EXPECT_EQ(parse_retry_schedule(pauses(20)), RetrySchedule(std::vector<milliseconds>(20, seconds(1))));
}

TEST(RetryWords, CanNameTheScheduleOfStandardWebhooks) {
  EXPECT_EQ(parse_retry_schedule("standard"), RetrySchedule::standard());
}

TEST(RetryWords, ThatAreNotAllowedAreNamed) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "0 pauses are not allowed; 1 to 20 are needed, as in 5s,5m,30m,2h"},
      {pauses(21), "21 pauses are not allowed; 1 to 20 are needed"},
      {"soon", "\"soon\" is not allowed; each pause is a time from 1s to 24h, as in 5s,5m,30m,2h"},
      {"5s,5x,7x", "\"5x\" is not allowed"},
      {"5s,,5m", "\"\" is not allowed"},
      {"5s,", "\"\" is not allowed"},
      {"0", "\"0\" is not allowed"},
      {"999ms", "\"999ms\" is not allowed"},
      {"24h,86401s", "\"86401s\" is not allowed"},
      {"-5s", "\"-5s\" is not allowed"},
      {"5s,standard", "\"standard\" is not allowed"},
      {"5s;5m", "\"5s;5m\" is not allowed"}};
  for (const auto& [text, want] : cases) {
    const auto parsed = parse_retry_schedule(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error(), testing::HasSubstr(want));
  }
}

}  // namespace
}  // namespace bobbin::app

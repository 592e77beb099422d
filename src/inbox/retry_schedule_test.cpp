#include "inbox/retry_schedule.h"

#include <gtest/gtest.h>
#include <limits>

namespace bobbin::inbox {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::uint32_t kLargest = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kMiddle = kLargest / 2;

TEST(RetrySchedule, WithoutPausesAllowsOneAttempt) {
  const RetrySchedule none;
  EXPECT_FALSE(none.has_pauses());
  EXPECT_EQ(none.attempts(), 1U);
  EXPECT_EQ(none.pause_after(1, 0), std::nullopt);
}

TEST(RetrySchedule, HasOnePauseAfterEachAttemptButTheLast) {
  const RetrySchedule schedule({seconds(10), minutes(10)});
  EXPECT_EQ(schedule.attempts(), 3U);
  EXPECT_TRUE(schedule.pause_after(1, kMiddle));
  EXPECT_TRUE(schedule.pause_after(2, kMiddle));
  EXPECT_FALSE(schedule.pause_after(3, kMiddle));
  EXPECT_FALSE(schedule.pause_after(4, kMiddle));
}

TEST(RetrySchedule, ShortensAndLengthensPausesByATenthAtMost) {
  const RetrySchedule schedule({seconds(1), hours(24)});
  EXPECT_EQ(schedule.pause_after(1, 0), milliseconds(900));
  EXPECT_EQ(schedule.pause_after(1, kLargest), milliseconds(1100));
  EXPECT_EQ(schedule.pause_after(2, 0), minutes(24 * 60 * 9 / 10));
  EXPECT_EQ(schedule.pause_after(2, kLargest), minutes(24 * 60 * 11 / 10));
}

TEST(RetrySchedule, SpreadsPausesEvenlyBetweenTheseBounds) {
  const RetrySchedule schedule({seconds(1000)});
  for (std::uint32_t share = 0; share <= 100; ++share) {
    const auto random = static_cast<std::uint32_t>(std::uint64_t{kLargest} * share / 100);
    const auto pause = schedule.pause_after(1, random);
    ASSERT_TRUE(pause);
    EXPECT_NEAR(static_cast<double>(pause->count()), 900'000 + 2000.0 * share, 1) << share;
  }
}

// "Immediately, 5 seconds, 5 minutes, 30 minutes, 2 hours, 5 hours, 10 hours, 14 hours, 20 hours, 24 hours":
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
TEST(RetrySchedule, KnowsThatOfStandardWebhooks) {
  EXPECT_EQ(RetrySchedule::standard(), RetrySchedule({seconds(5), minutes(5), minutes(30), hours(2), hours(5),
                                                      hours(10), hours(14), hours(20), hours(24)}));
}

TEST(RetrySchedule, OfWhatMustArriveHasNoEnd) {
  const RetrySchedule endless = RetrySchedule::endless();
  EXPECT_TRUE(endless.is_endless());
  EXPECT_FALSE(RetrySchedule::standard().is_endless());
  EXPECT_EQ(endless.pause_after(1, 0), milliseconds(900));
  for (const std::size_t attempt : {std::size_t{6}, std::size_t{7}, std::size_t{1'000'000}}) {
    EXPECT_LT(attempt, endless.attempts());
    EXPECT_EQ(endless.pause_after(attempt, 0), seconds(54));
    EXPECT_EQ(endless.pause_after(attempt, kLargest), seconds(66));
  }
}

TEST(RoundedText, NamesTheTwoLargestUnits) {
  const std::pair<milliseconds, const char*> cases[] = {{milliseconds(900), "1 s"},
                                                        {milliseconds(5400), "5 s"},
                                                        {milliseconds(59'400), "59 s"},
                                                        {milliseconds(59'600), "1 min"},
                                                        {minutes(4) + seconds(53), "4 min 53 s"},
                                                        {minutes(59) + milliseconds(59'900), "1 h"},
                                                        {hours(2) + minutes(3), "2 h 3 min"},
                                                        {hours(1) + minutes(59) + seconds(40), "2 h"},
                                                        {hours(26) + minutes(24), "26 h 24 min"}};
  for (const auto& [duration, want] : cases) EXPECT_EQ(rounded_text(duration), want) << duration.count();
}

}  // namespace
}  // namespace bobbin::inbox

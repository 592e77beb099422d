#include "store/reopen_schedule.h"

#include <gtest/gtest.h>

namespace bobbin::store {
namespace {

class ReopenScheduleTest : public ::testing::Test {
 protected:
  using Step = ReopenSchedule::Step;

  Step after(Duration duration) {
    now_ += duration;
    return schedule_.next(now_);
  }
  /// The store closes, and proves itself as soon as it may.
  void close_and_pass(Duration pause) {
    EXPECT_EQ(after({}), Step::wait);
    EXPECT_EQ(after(pause), Step::prove);
    schedule_.passed(now_);
  }

  ReopenSchedule schedule_{ReopenSchedule::kPauses};
  Instant now_ = Instant(std::chrono::hours(100));
};

TEST_F(ReopenScheduleTest, ThereAreThreeProofs) {
  EXPECT_EQ(after({}), Step::wait);
  EXPECT_EQ(after(milliseconds(999)), Step::wait);
  EXPECT_EQ(after(milliseconds(1)), Step::prove);
  EXPECT_EQ(schedule_.failed(now_), seconds(10));
  EXPECT_EQ(after(seconds(9)), Step::wait);
  EXPECT_EQ(after(seconds(1)), Step::prove);
  EXPECT_EQ(schedule_.failed(now_), seconds(60));
  EXPECT_EQ(after(seconds(59)), Step::wait);
  EXPECT_EQ(after(seconds(1)), Step::prove);
  EXPECT_EQ(schedule_.failed(now_), std::nullopt);
  EXPECT_EQ(after(std::chrono::hours(24)), Step::wait);
}

TEST_F(ReopenScheduleTest, AGoodOneCountsWhereTheStoreClosesAgainWithinAnHour) {
  close_and_pass(seconds(1));
  now_ += std::chrono::minutes(59);
  close_and_pass(seconds(10));
  now_ += std::chrono::minutes(59);
  close_and_pass(seconds(60));
  now_ += std::chrono::minutes(59);
  EXPECT_EQ(after({}), Step::give_up);
  EXPECT_EQ(after(std::chrono::hours(24)), Step::wait) << "it is told once";
}

TEST_F(ReopenScheduleTest, AnHourWithoutAFailureMakesUpForEverything) {
  for (int i = 0; i < 10; ++i) {
    close_and_pass(seconds(1));
    now_ += std::chrono::hours(1);
  }
}

TEST_F(ReopenScheduleTest, OneForWhichThereWasNoSpaceDoesNotCount) {
  EXPECT_EQ(after({}), Step::wait);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(after(seconds(1)), Step::prove);
    schedule_.put_off(now_);
    EXPECT_EQ(after(milliseconds(500)), Step::wait);
    now_ -= milliseconds(500);
  }
}

}  // namespace
}  // namespace bobbin::store

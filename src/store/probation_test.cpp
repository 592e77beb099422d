#include "store/probation.h"

#include <gtest/gtest.h>

namespace bobbin::store {
namespace {

class ProbationTest : public ::testing::Test {
 protected:
  using Step = Probation::Step;

  Step after(Duration duration) {
    now_ += duration;
    return probation_.next(now_);
  }
  /// The store closes, and proves itself as soon as it may.
  void close_and_pass(Duration pause) {
    EXPECT_EQ(after({}), Step::wait);
    EXPECT_EQ(after(pause), Step::prove);
    probation_.passed(now_);
  }

  Probation probation_{Probation::kPauses};
  Instant now_ = Instant(std::chrono::hours(100));
};

TEST_F(ProbationTest, ThereAreThreeProofs) {
  EXPECT_EQ(after({}), Step::wait);
  EXPECT_EQ(after(milliseconds(999)), Step::wait);
  EXPECT_EQ(after(milliseconds(1)), Step::prove);
  EXPECT_EQ(probation_.failed(now_), seconds(10));
  EXPECT_EQ(after(seconds(9)), Step::wait);
  EXPECT_EQ(after(seconds(1)), Step::prove);
  EXPECT_EQ(probation_.failed(now_), seconds(60));
  EXPECT_EQ(after(seconds(59)), Step::wait);
  EXPECT_EQ(after(seconds(1)), Step::prove);
  EXPECT_EQ(probation_.failed(now_), std::nullopt);
  EXPECT_EQ(after(std::chrono::hours(24)), Step::wait);
}

TEST_F(ProbationTest, AGoodOneCountsWhereTheStoreClosesAgainWithinAnHour) {
  close_and_pass(seconds(1));
  now_ += std::chrono::minutes(59);
  close_and_pass(seconds(10));
  now_ += std::chrono::minutes(59);
  close_and_pass(seconds(60));
  now_ += std::chrono::minutes(59);
  EXPECT_EQ(after({}), Step::give_up);
  EXPECT_EQ(after(std::chrono::hours(24)), Step::wait) << "it is told once";
}

TEST_F(ProbationTest, AnHourWithoutAFailureMakesUpForEverything) {
  for (int i = 0; i < 10; ++i) {
    close_and_pass(seconds(1));
    now_ += std::chrono::hours(1);
  }
}

TEST_F(ProbationTest, OneForWhichThereWasNoSpaceDoesNotCount) {
  EXPECT_EQ(after({}), Step::wait);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(after(seconds(1)), Step::prove);
    probation_.put_off(now_);
    EXPECT_EQ(after(milliseconds(500)), Step::wait);
    now_ -= milliseconds(500);
  }
}

}  // namespace
}  // namespace bobbin::store

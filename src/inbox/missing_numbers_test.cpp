#include "inbox/missing_numbers.h"

#include <gtest/gtest.h>

namespace bobbin::inbox {
namespace {

constexpr Instant kStart{std::chrono::hours(1)};

TEST(MissingNumbersTest, AreMissingSinceALaterOneWasThere) {
  MissingNumbers missing;
  EXPECT_EQ(missing.missing_since(3, kStart), kStart) << "nothing was seen yet";
  missing.saw(2, 5, kStart);  // 3 and 4 are not there
  missing.saw(2, 5, kStart + seconds(10));
  missing.saw(2, 9, kStart + seconds(20));  // nor are 6 to 8
  const Instant now = kStart + seconds(30);
  EXPECT_EQ(missing.missing_since(3, now), kStart);
  EXPECT_EQ(missing.missing_since(4, now), kStart);
  EXPECT_EQ(missing.missing_since(6, now), kStart + seconds(20));
  EXPECT_EQ(missing.missing_since(8, now), kStart + seconds(20));
  EXPECT_EQ(missing.missing_since(10, now), now) << "no later one is there";
}

TEST(MissingNumbersTest, ForgetWhatTheCursorHasPassed) {
  MissingNumbers missing;
  missing.saw(0, 3, kStart);
  missing.saw(3, 6, kStart + seconds(10));
  EXPECT_EQ(missing.missing_since(4, kStart + seconds(20)), kStart + seconds(10));
  missing.saw(6, 6, kStart + seconds(20));
  EXPECT_EQ(missing.missing_since(7, kStart + seconds(30)), kStart + seconds(30));
}

}  // namespace
}  // namespace bobbin::inbox

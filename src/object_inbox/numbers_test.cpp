#include "object_inbox/numbers.h"

#include <gtest/gtest.h>

namespace bobbin::object_inbox {
namespace {

TEST(Numbers, AreGivenInOrder) {
  Numbers numbers;
  EXPECT_EQ(numbers.take(), 1U);
  EXPECT_EQ(numbers.take(), 2U);
  EXPECT_EQ(numbers.next_to_close(), std::nullopt);
}

TEST(Numbers, AreGivenAgainWhenTheyWereNotUsed) {
  Numbers numbers;
  for (int i = 0; i < 3; ++i) static_cast<void>(numbers.take());
  numbers.give_back(2);
  numbers.give_back(1);
  EXPECT_EQ(numbers.take(), 1U);
  EXPECT_EQ(numbers.take(), 2U);
  EXPECT_EQ(numbers.take(), 4U);
}

TEST(Numbers, AreClosedWhereSomebodyMayWaitForThem) {
  Numbers numbers;
  for (int i = 0; i < 4; ++i) static_cast<void>(numbers.take());
  numbers.give_back(2);
  numbers.give_back(4);
  EXPECT_EQ(numbers.next_to_close(), 2U);
  EXPECT_EQ(numbers.next_to_close(), std::nullopt) << "nobody waits for the last one";
  EXPECT_EQ(numbers.take(), 4U);
  EXPECT_EQ(numbers.take(), 5U);
}

TEST(Numbers, AreClosedWhereNobodyKnowsWhatBecameOfThem) {
  Numbers numbers;
  for (int i = 0; i < 2; ++i) static_cast<void>(numbers.take());
  numbers.leave(2);
  EXPECT_EQ(numbers.take(), 3U);
  EXPECT_EQ(numbers.next_to_close(), 2U);
  EXPECT_EQ(numbers.next_to_close(), std::nullopt);
}

}  // namespace
}  // namespace bobbin::object_inbox

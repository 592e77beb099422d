#include "feed/index.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <limits>

namespace bobbin::feed {
namespace {

constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

IndexEntry entry(std::uint64_t sequence, std::uint32_t bytes = 100) {
  return {.sequence = sequence, .file_bytes = bytes};
}

std::uint64_t next(const Index& index, std::uint64_t after, std::uint64_t through = kAll) {
  const auto found = index.next(after, through);
  return found ? found->sequence : 0;
}

TEST(FeedIndex, ShowsNothingBehindTheCheckpoint) {
  Index index;
  index.add(entry(1));
  EXPECT_EQ(next(index, 0), 0U);
  EXPECT_EQ(index.range(0, 100, kAll).records, 0U);
  index.show_through(1);
  index.add(entry(2));
  EXPECT_EQ(next(index, 0), 1U);
  EXPECT_EQ(next(index, 1), 0U);
  index.show_through(2);
  EXPECT_EQ(next(index, 1), 2U);
}

TEST(FeedIndex, FindsTheNextRecordAcrossGaps) {
  Index index;
  for (const std::uint64_t sequence : {3, 4, 7, 9}) index.add(entry(sequence));
  index.show_through(9);
  EXPECT_EQ(next(index, 0), 3U);
  EXPECT_EQ(next(index, 3), 4U);
  EXPECT_EQ(next(index, 4), 7U);
  EXPECT_EQ(next(index, 5), 7U);
  EXPECT_EQ(next(index, 7, 8), 0U);
  EXPECT_EQ(next(index, 9), 0U);
}

TEST(FeedIndex, ARangeEndsAtItsLimits) {
  Index index;
  for (std::uint64_t sequence = 1; sequence <= 10; ++sequence) index.add(entry(sequence));
  index.show_through(10);
  EXPECT_EQ(index.range(0, 3, kAll).last, 3U);
  EXPECT_EQ(index.range(0, 3, kAll).records, 3U);
  EXPECT_EQ(index.range(0, 100, 299).last, 2U);
  EXPECT_EQ(index.range(0, 100, 300).last, 3U);
  EXPECT_EQ(index.range(4, 100, 1).last, 5U) << "one is always given";
  EXPECT_EQ(index.range(4, 100, kAll).records, 6U);
  EXPECT_EQ(index.range(10, 100, kAll).records, 0U);
  EXPECT_EQ(index.range(10, 100, kAll).last, 10U);
}

TEST(FeedIndex, WhatWasThereBeforeStandsInFront) {
  Index index;
  index.show_through(2);
  index.add(entry(3));
  index.add_older({entry(1), entry(2)});
  EXPECT_EQ(next(index, 0), 1U);
  EXPECT_EQ(next(index, 1), 2U);
  EXPECT_EQ(next(index, 2), 0U);
  index.show_through(3);
  EXPECT_EQ(next(index, 2), 3U);
}

TEST(FeedIndex, ForgetsAndGivesTheRoomBack) {
  Index index;
  constexpr std::uint64_t kRecords = 10'000;
  for (std::uint64_t sequence = 1; sequence <= kRecords; ++sequence) index.add(entry(sequence));
  index.show_through(kRecords);
  index.forget(1);
  index.forget(1);
  index.forget(kRecords + 1);
  index.forget(0);
  EXPECT_EQ(index.gone(), 1U);
  EXPECT_EQ(next(index, 0), 2U);
  EXPECT_EQ(index.range(0, 1, kAll).last, 2U);
  for (std::uint64_t sequence = 2; sequence <= kRecords - 10; ++sequence) index.forget(sequence);
  EXPECT_LT(index.size(), 2000U);
  EXPECT_EQ(next(index, 0), kRecords - 9);
  EXPECT_EQ(index.range(0, 100, kAll).records, 10U);
}

}  // namespace
}  // namespace bobbin::feed

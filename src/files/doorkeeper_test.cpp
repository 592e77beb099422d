#include "files/doorkeeper.h"

#include <algorithm>
#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace bobbin::files {
namespace {

std::uint64_t hash_of(int number) {
  const std::string name = "many/" + std::to_string(number) + ".html";
  return XXH3_64bits(name.data(), name.size());
}

TEST(Doorkeeper, CountsHowOftenAHashWasAskedFor) {
  Doorkeeper doorkeeper(64);
  EXPECT_EQ(doorkeeper.count(hash_of(1)), 1U);
  EXPECT_EQ(doorkeeper.count(hash_of(2)), 1U);
  EXPECT_EQ(doorkeeper.count(hash_of(1)), 2U);
  EXPECT_EQ(doorkeeper.count(hash_of(1)), 3U);
  for (int i = 0; i < 300; ++i) static_cast<void>(doorkeeper.count(hash_of(1)));
  EXPECT_EQ(doorkeeper.count(hash_of(1)), Doorkeeper::kMostUses);
  EXPECT_EQ(doorkeeper.count(hash_of(2)), 2U) << "its neighbours are not touched";
}

TEST(Doorkeeper, LongAgoCountsLess) {
  Doorkeeper doorkeeper(64);
  for (int i = 0; i < 7; ++i) static_cast<void>(doorkeeper.count(hash_of(1)));
  doorkeeper.age();
  EXPECT_EQ(doorkeeper.count(hash_of(1)), 4U) << "half of seven, and this time";
  for (int i = 0; i < 3; ++i) doorkeeper.age();
  EXPECT_EQ(doorkeeper.count(hash_of(1)), 1U);
}

// Two names that shared a place, asked for in turn, kept each other out for ever.
TEST(Doorkeeper, FilesThatAreAskedForInTurnDoNotKeepEachOtherOut) {
  constexpr int kNames = 5'000;
  Doorkeeper doorkeeper(57'344);
  for (int i = 0; i < kNames; ++i) static_cast<void>(doorkeeper.count(hash_of(i)));
  int kept_out = 0;
  for (int i = 0; i < kNames; ++i) kept_out += doorkeeper.count(hash_of(i)) < 2 ? 1 : 0;
  EXPECT_LT(kept_out, kNames / 200) << "a few sets are full";
}

// A fixed rule would keep out the same ones, or all of them, each time round.
TEST(Doorkeeper, OfFarMoreThanThereArePlacesItRemembersSomeEachTime) {
  constexpr int kNames = 2'000;
  Doorkeeper doorkeeper(1024);
  std::vector<bool> remembered(kNames);
  for (int turn = 0; turn < 40; ++turn)
    for (int i = 0; i < kNames; ++i)
      if (doorkeeper.count(hash_of(i)) > 1) remembered[static_cast<std::size_t>(i)] = true;
  EXPECT_GT(std::ranges::count(remembered, true), kNames * 9 / 10);
}

TEST(Doorkeeper, ForgetsAPlaceOfItsSetWhenAllAreTaken) {
  Doorkeeper doorkeeper(4);  // one set
  for (std::uint64_t number = 1; number <= 5; ++number) EXPECT_EQ(doorkeeper.count(number << 40), 1U);
  EXPECT_EQ(doorkeeper.count(std::uint64_t{5} << 40), 2U) << "the fifth took a place";
}

}  // namespace
}  // namespace bobbin::files

#include "files/doorkeeper.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <string>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace bobbin::files {
namespace {

std::uint64_t hash_of(int number) {
  const std::string name = "many/" + std::to_string(number) + ".html";
  return XXH3_64bits(name.data(), name.size());
}

TEST(Doorkeeper, KnowsWhatWasThereBefore) {
  Doorkeeper doorkeeper(64);
  EXPECT_FALSE(doorkeeper.has_seen(hash_of(1)));
  EXPECT_FALSE(doorkeeper.has_seen(hash_of(2)));
  EXPECT_TRUE(doorkeeper.has_seen(hash_of(1)));
  EXPECT_TRUE(doorkeeper.has_seen(hash_of(1)));
}

// Two names that shared a place, asked for in turn, kept each other out for ever.
TEST(Doorkeeper, FilesThatAreAskedForInTurnDoNotKeepEachOtherOut) {
  constexpr int kNames = 5'000;
  Doorkeeper doorkeeper(57'344);
  for (int i = 0; i < kNames; ++i) static_cast<void>(doorkeeper.has_seen(hash_of(i)));
  int kept_out = 0;
  for (int i = 0; i < kNames; ++i) kept_out += doorkeeper.has_seen(hash_of(i)) ? 0 : 1;
  EXPECT_LT(kept_out, kNames / 200) << "a few sets are full";
}

TEST(Doorkeeper, ForgetsWhatItSawTheLongestAgo) {
  Doorkeeper doorkeeper(4);  // one set
  for (std::uint64_t number = 1; number <= 5; ++number) EXPECT_FALSE(doorkeeper.has_seen(number << 40));
  EXPECT_TRUE(doorkeeper.has_seen(std::uint64_t{2} << 40));
  EXPECT_FALSE(doorkeeper.has_seen(std::uint64_t{1} << 40)) << "the fifth took its place";
  EXPECT_FALSE(doorkeeper.has_seen(std::uint64_t{3} << 40)) << "the first took its place";
  EXPECT_TRUE(doorkeeper.has_seen(std::uint64_t{2} << 40)) << "it was seen again meanwhile";
}

}  // namespace
}  // namespace bobbin::files

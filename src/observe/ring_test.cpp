#include "observe/ring.h"

#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <thread>

namespace bobbin::observe {
namespace {

constexpr std::size_t kHeaderBytes = 16;

Instant at(int n) { return Instant(std::chrono::nanoseconds(n)); }

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

/// One entry.
std::string pop(EntryRing& ring) {
  std::string text;
  ring.pop_into(text, Instant::min(), kNoLimit);
  return text;
}

// Each ring is on the heap: GCC 12's AddressSanitizer does not align what it moves off the stack to 64 bytes.

TEST(EntryRing, GivesBackInOrder) {
  const auto owned = std::make_unique<EntryRing>(128);
  EntryRing& ring = *owned;
  EXPECT_EQ(ring.front_time(), std::nullopt);
  EXPECT_TRUE(ring.push(at(5), "one"));
  EXPECT_TRUE(ring.push(at(6), ""));
  EXPECT_TRUE(ring.push(at(7), "three"));
  EXPECT_EQ(ring.front_time(), at(5));
  EXPECT_EQ(pop(ring), "one");
  EXPECT_EQ(ring.front_time(), at(6));
  EXPECT_EQ(pop(ring), "");
  std::string after = "after ";
  ring.pop_into(after, Instant::min(), kNoLimit);
  EXPECT_EQ(after, "after three");
  EXPECT_TRUE(ring.is_empty());
}

TEST(EntryRing, GivesBackManyUpToAMoment) {
  const auto owned = std::make_unique<EntryRing>(256);
  EntryRing& ring = *owned;
  for (const auto& [time, text] : {std::pair{1, "a"}, {2, "b"}, {2, "c"}, {3, "d"}, {9, "e"}})
    ASSERT_TRUE(ring.push(at(time), text));
  std::string text;
  ring.pop_into(text, at(2), kNoLimit);
  EXPECT_EQ(text, "abc");
  EXPECT_EQ(ring.front_time(), at(3));
  ring.pop_into(text, at(0), kNoLimit);  // the oldest goes in any case
  EXPECT_EQ(text, "abcd");
  ring.pop_into(text, kNever, kNoLimit);
  EXPECT_EQ(text, "abcde");
  EXPECT_TRUE(ring.is_empty());
}

TEST(EntryRing, GivesBackUntilThereIsEnough) {
  const auto owned = std::make_unique<EntryRing>(256);
  EntryRing& ring = *owned;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(ring.push(at(i), "1234"));
  std::string text;
  ring.pop_into(text, kNever, 8);
  EXPECT_EQ(text, "12341234");
  ring.pop_into(text, kNever, 9);
  EXPECT_EQ(text, "123412341234");
  ring.pop_into(text, kNever, 5);  // there is enough already: one entry at a time
  EXPECT_EQ(text, "1234123412341234");
  EXPECT_EQ(ring.front_time(), at(4));
}

TEST(EntryRing, RefusesWhatDoesNotFitAndKeepsTheRest) {
  const auto owned = std::make_unique<EntryRing>(64);
  EntryRing& ring = *owned;
  EXPECT_FALSE(ring.push(at(1), std::string(64 - kHeaderBytes + 1, 'x')));
  EXPECT_TRUE(ring.is_empty());
  EXPECT_TRUE(ring.push(at(1), std::string(64 - kHeaderBytes, 'x')));
  EXPECT_FALSE(ring.push(at(2), ""));
  EXPECT_EQ(pop(ring), std::string(64 - kHeaderBytes, 'x'));
  EXPECT_TRUE(ring.push(at(3), "y"));
  EXPECT_EQ(pop(ring), "y");
}

// Room is counted in whole words of eight bytes.
TEST(EntryRing, FillsEntriesUpToWholeWords) {
  const auto owned = std::make_unique<EntryRing>(64);
  EntryRing& ring = *owned;
  EXPECT_TRUE(ring.push(at(1), "123456789"));  // 16 + 16
  EXPECT_FALSE(ring.push(at(2), "12345678901234567"));
  EXPECT_TRUE(ring.push(at(2), "1234567890123456"));
  EXPECT_EQ(pop(ring), "123456789");
  EXPECT_EQ(pop(ring), "1234567890123456");
}

TEST(EntryRing, IsHalfFullBeyondHalf) {
  const auto owned = std::make_unique<EntryRing>(64);
  EntryRing& ring = *owned;
  EXPECT_TRUE(ring.push(at(1), std::string(32 - kHeaderBytes, 'x')));
  EXPECT_FALSE(ring.is_half_full());
  EXPECT_TRUE(ring.push(at(2), ""));
  EXPECT_TRUE(ring.is_half_full());
}

TEST(EntryRing, WrapsHeadersAndTextAnywhere) {
  const auto owned = std::make_unique<EntryRing>(64);
  EntryRing& ring = *owned;
  // Lengths that share no factor with the capacity put every boundary at every offset.
  for (int i = 0; i < 1000; ++i) {
    const std::string text(static_cast<std::size_t>(i % 23), static_cast<char>('a' + i % 26));
    ASSERT_TRUE(ring.push(at(i), text));
    ASSERT_EQ(ring.front_time(), at(i));
    ASSERT_EQ(pop(ring), text);
  }
}

TEST(EntryRing, WrapsAmongMany) {
  const auto owned = std::make_unique<EntryRing>(256);
  EntryRing& ring = *owned;
  for (int i = 0; i < 1000; ++i) {
    std::string want;
    for (int n = 0; n < 5; ++n) {
      const std::string text(static_cast<std::size_t>((i + 7 * n) % 29), static_cast<char>('a' + n));
      ASSERT_TRUE(ring.push(at(i), text));
      want += text;
    }
    std::string got;
    ring.pop_into(got, at(i), kNoLimit);
    ASSERT_EQ(got, want);
    ASSERT_TRUE(ring.is_empty());
  }
}

TEST(EntryRing, CarriesEntriesBetweenThreads) {
  const auto owned = std::make_unique<EntryRing>(256);
  EntryRing& ring = *owned;
  constexpr int kEntries = 50'000;
  const auto text_of = [](int i) {
    return std::to_string(i) + std::string(static_cast<std::size_t>(i % 50), '.');
  };
  std::thread writer([&] {
    for (int i = 0; i < kEntries; ++i) {
      while (!ring.push(at(i), text_of(i))) std::this_thread::yield();
    }
  });
  int wrong = 0;
  for (int i = 0; i < kEntries; ++i) {
    while (ring.is_empty()) std::this_thread::yield();
    if (ring.front_time() != at(i)) ++wrong;
    if (pop(ring) != text_of(i)) ++wrong;
  }
  writer.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(ring.is_empty());
}

TEST(EntryRing, CarriesManyAtOnceBetweenThreads) {
  const auto owned = std::make_unique<EntryRing>(256);
  EntryRing& ring = *owned;
  std::string want;
  for (int i = 0; i < 50'000; ++i)
    want += std::to_string(i) + std::string(static_cast<std::size_t>(i % 50), '.');
  std::thread writer([&] {
    for (int i = 0; i < 50'000; ++i) {
      const std::string text = std::to_string(i) + std::string(static_cast<std::size_t>(i % 50), '.');
      while (!ring.push(at(i), text)) std::this_thread::yield();
    }
  });
  std::string got;
  while (got.size() < want.size()) {
    if (ring.is_empty()) {
      std::this_thread::yield();
    } else {
      ring.pop_into(got, kNever, kNoLimit);
    }
  }
  writer.join();
  EXPECT_TRUE(got == want);
  EXPECT_TRUE(ring.is_empty());
}

}  // namespace
}  // namespace bobbin::observe

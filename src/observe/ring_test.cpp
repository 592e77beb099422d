#include "observe/ring.h"

#include <gtest/gtest.h>
#include <memory>
#include <thread>

namespace bobbin::observe {
namespace {

constexpr std::size_t kHeaderBytes = 16;

Instant at(int n) { return Instant(std::chrono::nanoseconds(n)); }

std::string pop(EntryRing& ring) {
  std::string text;
  ring.pop_into(text);
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
  ring.pop_into(after);
  EXPECT_EQ(after, "after three");
  EXPECT_TRUE(ring.is_empty());
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

}  // namespace
}  // namespace bobbin::observe

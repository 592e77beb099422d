#include "http/http2/framing_memory.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <set>
#include <vector>

namespace bobbin::http::http2 {
namespace {

// What nghttp2 takes for the frame that it makes.
constexpr std::size_t kFrameBuffer = 16 * 1024 + 10;

constexpr std::size_t kSizes[] = {0,    1,    8,    23,   24,   25,           56,     57,
                                  1000, 1016, 1017, 4096, 9000, kFrameBuffer, 20'000, 100'000};

bool consists_of(const void* block, std::size_t size, std::uint8_t value) {
  const auto* bytes = static_cast<const std::uint8_t*>(block);
  return std::all_of(bytes, bytes + size, [value](std::uint8_t byte) { return byte == value; });
}

TEST(FramingMemory, GivesBlocksOfEverySizeThatDoNotOverlap) {
  FramingMemory memory;
  struct Taken {
    void* block;
    std::size_t size;
    std::uint8_t value;
  };
  std::vector<Taken> taken;
  for (int turn = 0; turn < 40; ++turn)
    for (const std::size_t size : kSizes) {
      const auto value = static_cast<std::uint8_t>(taken.size());
      void* block = memory.allocate(size);
      ASSERT_NE(block, nullptr);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t), 0U);
      std::memset(block, value, size);
      taken.push_back({block, size, value});
    }
  for (const Taken& each : taken) EXPECT_TRUE(consists_of(each.block, each.size, each.value)) << each.size;
  for (const Taken& each : taken) memory.release(each.block);
}

TEST(FramingMemory, ZeroesABlockThatWasUsedBefore) {
  FramingMemory memory;
  void* used = memory.allocate(200);
  std::memset(used, 0xff, 200);
  memory.release(used);
  void* zeroed = memory.allocate_zeroed(50, 4);
  EXPECT_TRUE(consists_of(zeroed, 200, 0));
  memory.release(zeroed);
}

TEST(FramingMemory, RefusesASizeThatIsTooLargeToCount) {
  FramingMemory memory;
  EXPECT_EQ(memory.allocate_zeroed(SIZE_MAX / 2, 4), nullptr);
  EXPECT_EQ(memory.allocate(SIZE_MAX), nullptr);
}

TEST(FramingMemory, KeepsWhatABlockHoldsWhenItIsResized) {
  FramingMemory memory;
  void* block = memory.resize(nullptr, 1);
  std::memset(block, 1, 1);
  for (std::size_t i = 1; i < std::size(kSizes); ++i) {
    const std::size_t before = kSizes[i - 1];
    block = memory.resize(block, kSizes[i]);
    ASSERT_NE(block, nullptr);
    EXPECT_TRUE(consists_of(block, before, static_cast<std::uint8_t>(i))) << kSizes[i];
    std::memset(block, static_cast<int>(i + 1), kSizes[i]);
  }
  block = memory.resize(block, 10);
  EXPECT_TRUE(consists_of(block, 10, std::size(kSizes)));
  memory.release(block);
}

TEST(FramingMemory, ReleasesNothingWithoutHarm) {
  FramingMemory memory;
  memory.release(nullptr);
}

TEST(FramingMemory, GivesAgainWhatWasGivenBack) {
  if (!FramingMemory::kKeepsBlocks) GTEST_SKIP() << "with AddressSanitizer";
  FramingMemory memory;
  for (const std::size_t size : {std::size_t{30}, std::size_t{600}, kFrameBuffer}) {
    std::vector<void*> blocks(100);
    for (void*& block : blocks) block = memory.allocate(size);
    const std::set<void*> first(blocks.begin(), blocks.end());
    for (void* block : blocks) memory.release(block);
    for (void*& block : blocks) block = memory.allocate(size);
    EXPECT_EQ(std::set<void*>(blocks.begin(), blocks.end()), first) << size;
    for (void* block : blocks) memory.release(block);
  }
}

// So that the pages behind the first, which frames of heads do not reach, stay unused.
TEST(FramingMemory, BeginsEveryFrameBufferWithAPage) {
  if (!FramingMemory::kKeepsBlocks) GTEST_SKIP() << "with AddressSanitizer";
  FramingMemory memory;
  std::set<std::uintptr_t> pages;
  std::vector<void*> blocks(100);
  for (void*& block : blocks) {
    block = memory.allocate(kFrameBuffer);
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    EXPECT_LT(address % 4096, 64U);
    pages.insert(address / 4096);
  }
  EXPECT_EQ(pages.size(), blocks.size());
  for (void* block : blocks) memory.release(block);
}

}  // namespace
}  // namespace bobbin::http::http2

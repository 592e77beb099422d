#include "os/pages.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <limits>

namespace bobbin::os {
namespace {

TEST(Pages, HoldZerosAndCanBeWrittenTo) {
  auto pages = Pages::map(100'000);
  ASSERT_TRUE(pages);
  const auto bytes = pages->bytes();
  ASSERT_EQ(bytes.size(), 100'000U);
  EXPECT_TRUE(std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{}; }));
  std::ranges::fill(bytes, std::byte{1});
  const Pages moved = *std::move(pages);
  EXPECT_EQ(moved.bytes().data(), bytes.data());
  EXPECT_EQ(bytes.back(), std::byte{1});
}

TEST(Pages, ThatDoNotExistAreAnError) {
  EXPECT_FALSE(Pages::map(std::numeric_limits<std::size_t>::max() / 2));
}

}  // namespace
}  // namespace bobbin::os

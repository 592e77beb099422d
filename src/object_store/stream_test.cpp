#include "object_store/stream.h"

#include <gtest/gtest.h>

namespace bobbin::object_store {
namespace {

TEST(Stream, NamesSortAsNumbersDo) {
  EXPECT_EQ(number_name(42), "000000000042.json");
  EXPECT_LT(number_name(9), number_name(10));
  EXPECT_EQ(parse_number_name("000000000042.json"), 42U);
  EXPECT_EQ(parse_number_name(number_name(999'999'999'999)), 999'999'999'999U);
  for (const char* const name : {"", "42.json", "000000000000.json", "00000000004x.json", "000000000042.jseq",
                                 "0000000000042.json", "-00000000042.json"})
    EXPECT_EQ(parse_number_name(name), std::nullopt) << name;
}

TEST(Stream, ATombstoneIsNoRecord) {
  EXPECT_EQ(tombstone("000000000042.json"), "{\"bobbin\":1,\"closed\":\"000000000042.json\"}\n");
  EXPECT_TRUE(is_tombstone(tombstone("x")));
  EXPECT_FALSE(is_tombstone(R"({"bobbin":1,"epoch":"a")"));
  EXPECT_FALSE(is_tombstone(""));
}

}  // namespace
}  // namespace bobbin::object_store

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

TEST(Stream, IsNamedAfterANodeAndAnEpoch) {
  const std::string epoch = "20261130T060000.123456Z-abcdefghijklmnopqrstuvw234";
  const auto name = parse_stream_name("node-1." + epoch);
  ASSERT_TRUE(name);
  EXPECT_EQ(*name, (StreamName{"node-1", epoch}));
  EXPECT_EQ(name->text(), "node-1." + epoch);
  EXPECT_TRUE(parse_stream_name(std::string(64, 'a') + "." + epoch));
  for (const std::string& text :
       {std::string(), std::string("node-1"), epoch, "." + epoch, "Node." + epoch, "a_b." + epoch,
        "a.b." + epoch, std::string(65, 'a') + "." + epoch, "a." + epoch + "a", "a." + epoch + "/",
        "a." + epoch.substr(1), std::string("a.20261130T060000.123456Z"),
        std::string("a.abcdefghijklmnopqrstuvw234"),
        std::string("a.20261330T060000.123456Z-abcdefghijklmnopqrstuvw234"),
        std::string("a.20261130T060000.123456Z-abcdefghijklmnopqrstuvw238"),
        std::string("a.20261130T060000.123456Z_abcdefghijklmnopqrstuvw234")})
    EXPECT_FALSE(parse_stream_name(text)) << text;
}

TEST(Stream, ATombstoneIsNoRecord) {
  EXPECT_EQ(tombstone("000000000042.json"), "{\"bobbin\":1,\"closed\":\"000000000042.json\"}\n");
  EXPECT_TRUE(is_tombstone(tombstone("x")));
  EXPECT_FALSE(is_tombstone(R"({"bobbin":1,"epoch":"a")"));
  EXPECT_FALSE(is_tombstone(""));
}

}  // namespace
}  // namespace bobbin::object_store

#include "object_store/location.h"

#include <gtest/gtest.h>

namespace bobbin::object_store {
namespace {

TEST(LocationTest, IsABucketAndAPrefix) {
  EXPECT_EQ(parse_location("s3://archive"), (Location{"archive", ""}));
  EXPECT_EQ(parse_location("s3://archive/"), (Location{"archive", ""}));
  EXPECT_EQ(parse_location("S3://my.archive-1/a"), (Location{"my.archive-1", "a/"}));
  EXPECT_EQ(parse_location("s3://archive/a b"), std::nullopt);
  EXPECT_EQ(parse_location("s3://archive/in/github/"), (Location{"archive", "in/github/"}));
  EXPECT_EQ(parse_location("s3://archive/in=a&b+c"), (Location{"archive", "in=a&b+c/"}));
}

TEST(LocationTest, IsNothingElse) {
  for (const char* text : {"",
                           "s3:",
                           "s3://",
                           "archive",
                           "http://archive/a",
                           "s3:///a",
                           "s3://ab/a",
                           "s3://Archive/a",
                           "s3://-archive/a",
                           "s3://archive-/a",
                           "s3://arch..ive/a",
                           "s3://arch_ive/a",
                           "s3://archive//",
                           "s3://archive//a",
                           "s3://archive/a//b",
                           "s3://archive/a/../b",
                           "s3://archive/.",
                           "s3://archive/a\nb",
                           "s3://archive/\xC3\xA4",
                           "s3://archive/a//"})
    EXPECT_EQ(parse_location(text), std::nullopt) << text;
  EXPECT_NE(parse_location("s3://" + std::string(63, 'a')), std::nullopt);
  EXPECT_EQ(parse_location("s3://" + std::string(64, 'a')), std::nullopt);
  EXPECT_NE(parse_location("s3://archive/" + std::string(512, 'a')), std::nullopt);
  EXPECT_EQ(parse_location("s3://archive/" + std::string(513, 'a')), std::nullopt);
}

TEST(LocationTest, NamesAreBehindThePrefix) {
  EXPECT_EQ((Location{"archive", "in/"}).key_of("a.json"), "in/a.json");
  EXPECT_EQ((Location{"archive", ""}).key_of("a.json"), "a.json");
  EXPECT_EQ((Location{"archive", "in/"}).text(), "s3://archive/in/");
}

}  // namespace
}  // namespace bobbin::object_store

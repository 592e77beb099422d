#include "object_store/listing.h"

#include <gtest/gtest.h>

namespace bobbin::object_store {
namespace {

/// As Amazon describes it, without what is not read.
constexpr std::string_view kPage = R"(<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Name>archive</Name><Prefix>in/</Prefix><KeyCount>4</KeyCount><MaxKeys>4</MaxKeys><Delimiter>%2F</Delimiter>
  <EncodingType>url</EncodingType>
  <IsTruncated>true</IsTruncated>
  <NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=&amp;</NextContinuationToken>
  <Contents><Key>in/a%2Bb+c%20d/%C3%A4.json</Key><LastModified>2026-11-30T06:00:00.000Z</LastModified>
    <ETag>&quot;5d41402abc4b2a76b9719d911017c592&quot;</ETag><Size>5</Size>
    <Owner><ID>x</ID><DisplayName>Key</DisplayName></Owner></Contents>
  <Contents><Key>in/b</Key></Contents>
  <CommonPrefixes><Prefix>in/node-1/</Prefix></CommonPrefixes>
  <CommonPrefixes><Prefix>in/node-2/</Prefix></CommonPrefixes>
</ListBucketResult>)";

TEST(ListingPage, HasKeysAndFolders) {
  const auto page = parse_page(kPage);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->keys, (std::vector<std::string>{"in/a+b c d/\xC3\xA4.json", "in/b"}));
  EXPECT_EQ(page->folders, (std::vector<std::string>{"in/node-1/", "in/node-2/"}));
  EXPECT_EQ(page->next, "1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=&");
}

TEST(ListingPage, HasWhatTheObjectsAre) {
  const auto page = parse_page(kPage);
  ASSERT_TRUE(page);
  const ObjectVersion first{.etag = "5d41402abc4b2a76b9719d911017c592",
                            .size_bytes = 5,
                            .modified = WallTime(seconds(1'796'018'400))};
  EXPECT_EQ(page->versions, (std::vector<ObjectVersion>{first, {}}));
}

TEST(ListingPage, HasMomentsWithAnyFraction) {
  for (const auto& [text, fraction] : {std::pair("2026-11-30T06:00:00Z", 0),
                                       {"2026-11-30T06:00:00.5Z", 500'000'000},
                                       {"2026-11-30T06:00:00.123456789Z", 123'456'000},
                                       {"2026-11-30T06:00:00.000Z", 0}}) {
    const auto page = parse_page(std::string("<ListBucketResult><IsTruncated>false</IsTruncated><Contents>") +
                                 "<LastModified>" + text + "</LastModified><Key>a</Key></Contents>" +
                                 "</ListBucketResult>");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->versions.at(0).modified,
              WallTime(seconds(1'796'018'400) + std::chrono::nanoseconds(fraction)))
        << text;
  }
}

TEST(ListingPage, MayBeEmptyAndTheLastOne) {
  EXPECT_EQ(parse_page("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"), Page());
}

TEST(ListingPage, IsNotDecodedUnlessItIsEncoded) {
  const auto page = parse_page(
      "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a+%41</Key></Contents>"
      "</ListBucketResult>");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->keys, (std::vector<std::string>{"a+%41"}));
}

TEST(ListingPage, ThatWasCutAnywhereIsNone) {
  for (std::size_t size = 0; size < kPage.size(); ++size)
    EXPECT_FALSE(parse_page(kPage.substr(0, size))) << size;
}

TEST(ListingPage, IsNothingElse) {
  for (const char* xml : {
           "<html>200</html>",
           "<html><IsTruncated>false</IsTruncated></html>",
           "<Error><Code>SlowDown</Code></Error>",
           "<ListBucketResult/>",
           "<ListBucketResult><IsTruncated>maybe</IsTruncated></ListBucketResult>",
           "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
           "<!DOCTYPE a [<!ENTITY b \"false\">]>"
           "<ListBucketResult><IsTruncated>&b;</IsTruncated></ListBucketResult>",
           "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
           "<Contents><Key>%4</Key></Contents></ListBucketResult>",
           "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult><more/>",
       })
    EXPECT_FALSE(parse_page(xml)) << xml;
}

}  // namespace
}  // namespace bobbin::object_store

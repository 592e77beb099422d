#include "http/content_digests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"

namespace bobbin::http {
namespace {

using ::testing::HasSubstr;

// RFC 9530 §2 and appendix B: of {"hello": "world"} and a line feed.
constexpr std::string_view kSha256 = "RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=";
constexpr std::string_view kSha512 =
    "YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==";

std::string member(std::string_view key, std::string_view base64) {
  return std::string(key) + "=:" + std::string(base64) + ":";
}
const std::string kMember256 = member("sha-256", kSha256);
const std::string kMember512 = member("sha-512", kSha512);

Result<std::vector<ContentDigest>, std::string> digests_of(const std::vector<std::string>& lines) {
  Fields fields;
  for (const std::string& line : lines)
    EXPECT_TRUE(fields.add({FieldName::content_digest, "Content-Digest", line}));
  return content_digests_of(fields);
}

/// The algorithms that are found, or "malformed".
std::string found(const std::vector<std::string>& lines) {
  const auto digests = digests_of(lines);
  if (!digests) return "malformed";
  std::string names;
  for (const ContentDigest& digest : *digests) {
    EXPECT_EQ(encode_base64(digest.bytes), digest.algorithm == DigestAlgorithm::sha256 ? kSha256 : kSha512);
    names += (names.empty() ? "" : " ") + std::string(name_of(digest.algorithm));
  }
  return names;
}

TEST(ContentDigests, AreThoseThatAreNamed) {
  EXPECT_EQ(found({}), "");
  EXPECT_EQ(found({kMember256}), "sha-256");
  EXPECT_EQ(found({kMember512}), "sha-512");
  EXPECT_EQ(found({kMember256 + " ,\t" + kMember512}), "sha-256 sha-512");
  EXPECT_EQ(found({kMember256, kMember512}), "sha-256 sha-512");
}

TEST(ContentDigests, AreOfBothFields) {
  Fields fields;
  EXPECT_TRUE(fields.add({FieldName::repr_digest, "Repr-Digest", kMember256}));
  EXPECT_TRUE(fields.add({FieldName::content_digest, "Content-Digest", kMember256}));
  const auto digests = content_digests_of(fields);
  ASSERT_TRUE(digests && digests->size() == 2);
  EXPECT_EQ(digests->at(0).field, "Content-Digest");
  EXPECT_EQ(digests->at(1).field, "Repr-Digest");
}

TEST(ContentDigests, OfOtherAlgorithmsArePassedOver) {  // RFC 9530 §5
  EXPECT_EQ(found({"md5=:1B2M2Y8AsgTpgAmY7PhCfg==:"}), "");
  EXPECT_EQ(found({"unixsum=:AAAB:, " + kMember256 + ", *x_1.-*=::"}), "sha-256");
}

TEST(ContentDigests, ParametersArePassedOver) {  // RFC 9651 §4.2.3.2
  for (const char* parameters : {";a", "; a=1", ";a=-1.5;b", ";a=\"b\\\"c\\\\\"", ";a=:AAAB:", ";a=?1;b=?0",
                                 ";a=@17", ";a=%\"x%c3\"", ";a=tok/en:1", ";*a=*b"})
    EXPECT_EQ(found({kMember256 + parameters + ", " + kMember512}), "sha-256 sha-512") << parameters;
}

TEST(ContentDigests, OfMembersOfOneNameTheLastCounts) {  // RFC 9651 §4.2.2
  EXPECT_EQ(found({member("sha-256", "AAAA") + ", " + kMember256}), "sha-256");
  EXPECT_EQ(found({member("sha-256", "AAAA"), kMember256}), "sha-256");
}

TEST(ContentDigests, PaddingMayBeMissing) {  // RFC 9651 §4.2.7
  EXPECT_EQ(found({member("sha-256", kSha256.substr(0, kSha256.size() - 1))}), "sha-256");
  EXPECT_EQ(found({member("sha-512", kSha512.substr(0, kSha512.size() - 2))}), "sha-512");
}

TEST(ContentDigests, WhatIsNoDictionaryOfByteSequencesIsMalformed) {
  const std::string sha256(kSha256);
  const std::vector<std::string> values{"sha-256",
                                        "sha-256=",
                                        "sha-256=" + sha256,
                                        "sha-256=\"x\"",
                                        "sha-256=1",
                                        "sha-256=:" + sha256,
                                        "sha-256=:A:",
                                        "sha-256=:AA!A:",
                                        "sha-256=:AA A:",
                                        "SHA-256=:" + sha256 + ":",
                                        "=:AAAA:",
                                        "sha-256 =:AAAA:",
                                        "sha-256= :AAAA:",
                                        kMember256 + ",",
                                        kMember256 + ", ,",
                                        "," + kMember256,
                                        kMember256 + " " + kMember512,
                                        kMember256 + ";",
                                        kMember256 + ";A",
                                        kMember256 + ";a=",
                                        kMember256 + ";a=\"b",
                                        kMember256 + ";a=?2",
                                        kMember256 + ";a=1.",
                                        kMember256 + ";a=(1)",
                                        kMember256 + "x",
                                        "md5",
                                        "a=(:AAAA:)"};
  for (const std::string& value : values) EXPECT_EQ(found({value}), "malformed") << value;
  EXPECT_THAT(digests_of({"x"}).error(), HasSubstr("Content-Digest is not a list of digests"));
}

TEST(ContentDigests, ADigestHasTheSizeOfItsAlgorithm) {
  const auto digests = digests_of({member("sha-512", kSha256)});
  ASSERT_FALSE(digests);
  EXPECT_EQ(digests.error(), "Content-Digest: a digest of sha-512 has 64 bytes, this one has 32.");
  EXPECT_EQ(found({"sha-256=::"}), "malformed");
}

}  // namespace
}  // namespace bobbin::http

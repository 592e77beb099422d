#include "object_store/presigned_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// The first is the example of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html.
// The signatures of the others were made by botocore 1.43 (S3SigV4QueryAuth), for the moment of that example.
namespace bobbin::object_store {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr WallTime kSignedAt{seconds(1369353600)};  // 2013-05-24 00:00:00 UTC
const Credentials kExampleCredentials{.key_id = "AKIAIOSFODNN7EXAMPLE",
                                      .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};

std::string url(const BucketSettings& bucket, std::string_view key, const Presentation& presentation = {},
                const Credentials& credentials = kExampleCredentials) {
  return presigned_url(bucket, key, presentation, credentials, seconds(86400), kSignedAt);
}

std::string signature_in(const std::string& url) { return url.substr(url.rfind('=') + 1); }

const BucketSettings kOfAmazon{
    .endpoint = "https://s3.amazonaws.com", .bucket = "examplebucket", .addressing = Addressing::host};
const BucketSettings kInPath{.endpoint = "http://store.test:9000", .bucket = "releases", .region = "eu-1"};

TEST(PresignedUrl, IsThatOfTheExample) {
  EXPECT_EQ(url(kOfAmazon, "test.txt"),
            "https://examplebucket.s3.amazonaws.com/test.txt"
            "?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(PresignedUrl, EncodesWhatAKeyMayHave) {
  const std::string made = url(kInPath, "www/a b+c=d'(1)%2F~&?#\u00fc.tar.gz");
  EXPECT_THAT(made, StartsWith("http://store.test:9000/releases/"
                               "www/a%20b%2Bc%3Dd%27%281%29%252F~%26%3F%23%C3%BC.tar.gz?X-Amz-Algorithm="));
  EXPECT_EQ(signature_in(made), "e19c1a2ba1ef917983c73a2541ca830449ce621b7ebcac30d53063f5f2086717");
}

TEST(PresignedUrl, SaysWhatTheStoreIsToSayAndHasTheTokenOfTemporaryCredentials) {
  Credentials temporary = kExampleCredentials;
  temporary.session_token = "to/ken+==";
  const std::string made = url(kInPath, "a.iso",
                               {.media_type = "application/octet-stream",
                                .disposition = "attachment; filename=\"a b.iso\"",
                                .coding = "gzip"},
                               temporary);
  EXPECT_THAT(made, HasSubstr("&X-Amz-Security-Token=to%2Fken%2B%3D%3D&"));
  EXPECT_THAT(made, HasSubstr("&response-content-disposition=attachment%3B%20filename%3D%22a%20b.iso%22"
                              "&response-content-encoding=gzip"
                              "&response-content-type=application%2Foctet-stream&X-Amz-Signature="));
  EXPECT_EQ(signature_in(made), "d3e544c07eb4a00f36158e39a556ef1ce5e4c24d5ec4a440b51ab3481f6b8eae");
}

// What a browser sends as Host has to be what was signed.
TEST(PresignedUrl, HasTheHostAsClientsWriteIt) {
  for (const char* const endpoint : {"https://S3.Amazonaws.com", "HTTPS://s3.amazonaws.com:443"}) {
    BucketSettings bucket = kOfAmazon;
    bucket.endpoint = endpoint;
    EXPECT_EQ(url(bucket, "test.txt"), url(kOfAmazon, "test.txt")) << endpoint;
  }
  BucketSettings other = kOfAmazon;
  other.endpoint = "https://s3.amazonaws.com:80";
  EXPECT_THAT(url(other, "test.txt"), StartsWith("https://examplebucket.s3.amazonaws.com:80/test.txt?"));
  other.endpoint = "http://[::1]:80";
  other.addressing = Addressing::path;
  EXPECT_THAT(url(other, "test.txt"), StartsWith("http://[::1]/examplebucket/test.txt?"));
}

}  // namespace
}  // namespace bobbin::object_store

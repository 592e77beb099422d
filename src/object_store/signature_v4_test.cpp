#include "object_store/signature_v4.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

// The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html.
namespace bobbin::object_store {
namespace {

using http_client::Field;
using testing::EndsWith;
using testing::HasSubstr;

constexpr WallTime kTime{seconds(1369353600)};  // 2013-05-24 00:00:00 UTC
const Credentials kCredentials{.key_id = "AKIAIOSFODNN7EXAMPLE",
                               .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};

Unsigned request(std::string_view method, std::string_view path, std::string_view query = "",
                 std::string_view content = "") {
  return {.method = method,
          .host = "examplebucket.s3.amazonaws.com",
          .path = path,
          .query = query,
          .region = "us-east-1",
          .content = crypto::sha256(content)};
}

std::string value_of(const std::vector<Field>& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &Field::name);
  return found == fields.end() ? "" : found->value;
}

std::string authorization(const Unsigned& unsigned_request, const std::vector<Field>& fields = {}) {
  return value_of(signed_fields(unsigned_request, fields, kCredentials, kTime), "Authorization");
}

TEST(SignatureV4, OfARangeOfAnObject) {
  EXPECT_EQ(authorization(request("GET", "/test.txt"), {{"Range", "bytes=0-9"}}),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(SignatureV4, OfAnObjectThatIsStored) {
  EXPECT_THAT(authorization(
                  request("PUT", "/test%24file.text", "", "Welcome to Amazon S3."),
                  {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}}),
              EndsWith("=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST(SignatureV4, OfAQuery) {
  EXPECT_THAT(authorization(request("GET", "/", "lifecycle=")),
              EndsWith("=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
  EXPECT_THAT(authorization(request("GET", "/", "max-keys=2&prefix=J")),
              EndsWith("=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST(SignatureV4, SaysWhatIsSigned) {
  const auto fields =
      signed_fields(request("PUT", "/a", "", "{}"), {{"If-None-Match", "*"}}, kCredentials, kTime);
  EXPECT_EQ(value_of(fields, "If-None-Match"), "*");
  EXPECT_EQ(value_of(fields, "x-amz-date"), "20130524T000000Z");
  EXPECT_EQ(value_of(fields, "x-amz-content-sha256"), crypto::hex_of(crypto::sha256("{}")));
  EXPECT_THAT(value_of(fields, "Authorization"),
              HasSubstr("=host;if-none-match;x-amz-content-sha256;x-amz-date,"));
}

TEST(SignatureV4, CoversTheTokenOfTemporaryCredentials) {
  Credentials temporary = kCredentials;
  temporary.session_token = "token";
  const auto fields = signed_fields(request("GET", "/a"), {}, temporary, kTime);
  EXPECT_EQ(value_of(fields, "x-amz-security-token"), "token");
  EXPECT_THAT(value_of(fields, "Authorization"), HasSubstr(";x-amz-security-token,"));
}

TEST(SignatureV4, OfARequestThatAnybodyMaySend) {
  EXPECT_EQ(signed_query(request("GET", "/test.txt"), kCredentials, seconds(86400), kTime),
            "X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(SignatureV4, APresignedQueryHasWhatWasAskedForAndTheTokenInOrder) {
  Credentials temporary = kCredentials;
  temporary.session_token = "to/ken=";
  const std::string query =
      signed_query(request("GET", "/a", "response-content-type=text%2Fplain"), temporary, seconds(60), kTime);
  EXPECT_THAT(query, HasSubstr("&X-Amz-Expires=60&X-Amz-Security-Token=to%2Fken%3D&X-Amz-SignedHeaders=host"
                               "&response-content-type=text%2Fplain&X-Amz-Signature="));
  // Both are covered by the signature.
  const auto signature = [](const std::string& text) { return text.substr(text.rfind('=')); };
  EXPECT_NE(signature(query),
            signature(signed_query(request("GET", "/a", "response-content-type=text%2Fhtml"), temporary,
                                   seconds(60), kTime)));
  EXPECT_NE(signature(query),
            signature(signed_query(request("GET", "/a", "response-content-type=text%2Fplain"), kCredentials,
                                   seconds(60), kTime)));
}

}  // namespace
}  // namespace bobbin::object_store

#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "signatures/test_request.h"

// The scheme `hmac`: a sender whom the operator describes.
namespace bobbin::signatures {
namespace {

using namespace std::string_literals;

constexpr std::int64_t kSentAt = 1700000000;
const std::string kHmacSecret = "sixteen-bytes-ok";

Scheme scheme_with(const HmacConfig& config) {
  auto scheme = Scheme::make({.scheme = "hmac", .secrets = kHmacSecret, .hmac = config});
  EXPECT_TRUE(scheme) << scheme.error().reason;
  return *std::move(scheme);
}

// printf '{"a":1}' | openssl sha1 -hmac sixteen-bytes-ok
TEST(CustomHmac, IsOfTheContentByDefault) {
  const Scheme scheme = scheme_with({.field = "X-Vercel-Signature", .algorithm = "sha1"});
  EXPECT_EQ(
      verify(scheme, {{"x-vercel-signature", "805b1e229d5ae4b120dcfe8a7b1f8468390e1eaf"}}, kBody, at(0)),
      (Verified{.scheme = SchemeName::hmac}));
  EXPECT_EQ(scheme.field_names(), std::vector<std::string>{"x-vercel-signature"});
  EXPECT_FALSE(scheme.reads_secret());
}

// printf '1700000000|{"a":1}' | openssl sha512 -hmac sixteen-bytes-ok -binary | base64
TEST(CustomHmac, IsWhatItsDescriptionSays) {
  const Scheme scheme = scheme_with({.field = "Authorization",
                                     .prefix = "HMAC ",
                                     .signed_bytes = "{timestamp}|{body}",
                                     .algorithm = "sha512",
                                     .encoding = "base64",
                                     .timestamp_field = "X-Time"});
  const std::string code =
      "3TimF3aiU6cF5FEBhUUFJmUeUbvt1RH2l694gY0J1PPD+RQ5XGKd7RdDCdjCIdu9tfwPuo7iNHaiYjRhYUsavA==";
  const TestFields fields = {{"Authorization", "HMAC " + code}, {"x-time", "1700000000"}};
  EXPECT_EQ(verify(scheme, fields, kBody, at(kSentAt)),
            (Verified{.scheme = SchemeName::hmac, .timestamp = kSentAt}));
  EXPECT_EQ(refusal_of(scheme, fields, kBody, at(kSentAt + 301)), Reason::too_old);
  EXPECT_EQ(scheme.field_names(), (std::vector<std::string>{"authorization", "x-time"}));
  EXPECT_EQ(
      refusal_of(scheme, {{"Authorization", "hmac " + code}, {"X-Time", "1700000000"}}, kBody, at(kSentAt)),
      Reason::malformed_field);
  EXPECT_EQ(refusal_of(scheme, {{"Authorization", "HMAC " + code}}, kBody, at(kSentAt)),
            Reason::missing_field);
}

TEST(CustomHmac, CanHaveSignedBytesBehindTheContent) {
  const Scheme scheme = scheme_with(
      {.field = "X-Signature", .signed_bytes = "<{body}|{timestamp}>", .timestamp_field = "X-Time"});
  const TestFields fields = {
      {"X-Signature", hex_hmac(kHmacSecret, "<" + std::string(kBody) + "|1700000000>")},
      {"X-Time", "1700000000"}};
  EXPECT_TRUE(verify(scheme, fields, kBody, at(kSentAt)));
  EXPECT_TRUE(verify(scheme, fields, kBody, at(kSentAt), 1));
}

TEST(CustomHmac, HasTheLengthOfItsAlgorithm) {
  const auto reason = [](const std::string& algorithm, std::size_t bytes) {
    return refusal_of(scheme_with({.field = "X-Signature", .algorithm = algorithm}),
                      {{"X-Signature", std::string(2 * bytes, '0')}}, kBody, at(kSentAt));
  };
  for (const auto& [algorithm, size] : {std::pair{"sha1"s, 20U}, {"sha256"s, 32U}, {"sha512"s, 64U}}) {
    EXPECT_EQ(reason(algorithm, size), Reason::mismatch);
    EXPECT_EQ(reason(algorithm, size - 1), Reason::malformed_field);
    EXPECT_EQ(reason(algorithm, size + 1), Reason::malformed_field);
    EXPECT_EQ(reason(algorithm, 0), Reason::malformed_field);
  }
}

}  // namespace
}  // namespace bobbin::signatures

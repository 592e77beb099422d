#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signatures/test_request.h"

// Standard Webhooks (standard-webhooks.md): "Signature scheme", "Webhook headers", "Verifying signatures".
namespace bobbin::signatures {
namespace {

using namespace std::string_literals;

constexpr std::string_view kPublishedBody = R"({"test": 2432232314})";
constexpr std::string_view kStandardSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view kOtherStandardSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
constexpr std::string_view kPublicKey = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
constexpr std::string_view kOtherPublicKey = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
// Both are of the same request: see published_signatures_test.cpp.
const std::string kCode = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const std::string kEd25519 =
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
// Of the reference libraries' tests: well-formed, and of another secret.
const std::string kWrongCode = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";

std::string lines(std::string_view one, std::string_view other) {
  return std::string(one) + "\n" + std::string(other) + "\n";
}

TestFields request(std::string_view signatures, std::string_view id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
                   std::string_view timestamp = "1614265330") {
  return {{"Webhook-Id", id}, {"Webhook-Timestamp", timestamp}, {"Webhook-Signature", signatures}};
}

std::optional<Reason> refusal(std::string_view secrets, std::string_view signatures) {
  return refusal_of(scheme_of("standard", secrets), request(signatures), kPublishedBody, at(kNow));
}

TEST(StandardWebhook, HasItsIdAndTimestampVerified) {
  EXPECT_EQ(verify(scheme_of("standard", kStandardSecret), request(kCode), kPublishedBody, at(kNow)),
            (Verified{.scheme = SchemeName::standard,
                      .secret = 0,
                      .message_id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
                      .timestamp = kNow}));
  EXPECT_EQ(refusal_of(scheme_of("standard", kStandardSecret), request(kCode, "msg_p5jXN8AQM9LWM0D4loKWxJel"),
                       kPublishedBody, at(kNow)),
            Reason::mismatch);
  EXPECT_EQ(
      refusal_of(scheme_of("standard", kStandardSecret),
                 request(kCode, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265331"), kPublishedBody, at(kNow)),
      Reason::mismatch);
}

// libraries/go/webhook_test.go, "valid multi sig is valid"
TEST(StandardWebhook, IsSignedByOneOfSeveralSignatures) {
  const std::string others = kWrongCode + " v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= ";
  const Scheme scheme = scheme_of("standard", kStandardSecret);
  const std::vector<std::string> all_signatures = {
      others + kCode + " " + kWrongCode, kCode + " " + kWrongCode, kCode + "  " + kWrongCode, "v1, " + kCode,
      "v1,x v1a,y x " + kCode,           kEd25519 + " " + kCode};
  for (const std::string& signatures : all_signatures)
    EXPECT_TRUE(verify(scheme, request(signatures), kPublishedBody, at(kNow))) << signatures;
  EXPECT_EQ(refusal(kStandardSecret, others + kWrongCode), Reason::mismatch);
}

TEST(StandardWebhook, TellsWhichSecretHasSigned) {
  const auto secret = [](std::string_view secrets, std::string_view signatures) {
    return verify(scheme_of("standard", secrets), request(signatures), kPublishedBody, at(kNow))->secret;
  };
  EXPECT_EQ(secret(lines(kOtherStandardSecret, kStandardSecret), kCode), 1U);
  EXPECT_EQ(secret(lines(kOtherPublicKey, kPublicKey), kEd25519), 1U);
  EXPECT_EQ(secret(lines(kPublicKey, kStandardSecret), kEd25519), 0U);
  EXPECT_EQ(secret(lines(kPublicKey, kStandardSecret), kCode), 1U);
  EXPECT_EQ(secret(lines(kStandardSecret, kPublicKey), kEd25519 + " " + kCode), 0U);
  EXPECT_EQ(secret(lines(kPublicKey, kStandardSecret), kCode + " " + kEd25519), 0U);
  EXPECT_EQ(secret(lines(kStandardSecret, kPublicKey), kWrongCode + " " + kEd25519), 1U);
}

TEST(StandardWebhook, NeedsASignatureOfAVersionForWhichThereIsASecret) {
  EXPECT_EQ(refusal(kStandardSecret, kEd25519), Reason::unsupported_version);
  EXPECT_EQ(refusal(kPublicKey, kCode), Reason::unsupported_version);
  EXPECT_EQ(refusal(kStandardSecret, "v2," + kCode.substr(3)), Reason::unsupported_version);
  EXPECT_EQ(refusal(kStandardSecret, "V1," + kCode.substr(3)), Reason::unsupported_version);
  EXPECT_EQ(refusal(kStandardSecret, "v1a," + kCode.substr(3)), Reason::unsupported_version);
}

TEST(StandardWebhook, IsRefusedWhenNoSignatureIsWellFormed) {
  std::string of_urls = kCode;
  for (char& c : of_urls) c = c == '+' ? '-' : c == '/' ? '_' : c;
  const std::vector<std::string> all_signatures = {""s,
                                                   "v1"s,
                                                   "v1,"s,
                                                   "v1, "s,
                                                   ","s,
                                                   kCode.substr(3),
                                                   "v1=" + kCode.substr(3),
                                                   kCode.substr(0, kCode.size() - 1),
                                                   kCode + "=",
                                                   of_urls,
                                                   "v1,AAAA" + kCode.substr(7) + "AAAA",
                                                   "v1," + kEd25519.substr(4),
                                                   "v1,," + kCode.substr(3),
                                                   "v1,x v2," + kCode.substr(3)};
  for (const std::string& signatures : all_signatures)
    EXPECT_EQ(refusal(kStandardSecret, signatures), Reason::malformed_field) << signatures;
  EXPECT_EQ(refusal(kPublicKey, "v1a," + kCode.substr(3)), Reason::malformed_field);
}

TEST(StandardWebhook, HasAnIdThatCannotBeTakenForMoreThanItself) {
  const Scheme scheme = scheme_of("standard", kStandardSecret);
  for (const std::string& id :
       {""s, "msg.1"s, "."s, "msg 1"s, "msg\t1"s, "msg_\xC3\xA4"s, std::string(256, 'm')}) {
    const auto begun = scheme.begin(request(kCode, id).get(), at(kNow));
    ASSERT_FALSE(begun) << id;
    EXPECT_EQ(begun.error(), (Refusal{.reason = Reason::malformed_field, .field = "webhook-id"}));
  }
  EXPECT_TRUE(scheme.begin(request(kCode, std::string(255, 'm')).get(), at(kNow)));
}

// The text that is signed could be cut in another place, if an id could hold a full stop.
TEST(StandardWebhook, CannotBeCutAnewIntoIdTimestampAndContent) {
  const std::string key = *decode_base64(kStandardSecret.substr(6));
  const std::string content = "1614265330.{}";
  const std::string code = "v1," + base64_hmac(key, "msg_1.1614265330." + content);
  const Scheme scheme = scheme_of("standard", kStandardSecret);
  EXPECT_TRUE(verify(scheme, request(code, "msg_1"), content, at(kNow)));
  EXPECT_EQ(refusal_of(scheme, request(code, "msg_1.1614265330"), "{}", at(kNow)), Reason::malformed_field);
}

TEST(StandardWebhook, IsReadInOneSpellingOnly) {
  const Scheme scheme = scheme_of("standard", kStandardSecret);
  const TestFields mixed = {{"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
                            {"svix-timestamp", "1614265330"},
                            {"webhook-signature", kCode}};
  EXPECT_EQ(refusal_of(scheme, mixed, kPublishedBody, at(kNow)), Reason::missing_field);
  TestFields both = request(kCode);
  both.add("svix-id", "msg_1").add("svix-timestamp", "1").add("svix-signature", kWrongCode);
  EXPECT_TRUE(verify(scheme, both, kPublishedBody, at(kNow)));
  EXPECT_EQ(scheme.field_names(),
            (std::vector<std::string>{"webhook-signature", "webhook-timestamp", "webhook-id",
                                      "svix-signature", "svix-timestamp", "svix-id"}));
  EXPECT_EQ(scheme.begin(TestFields{}.get(), at(kNow)).error(),
            (Refusal{.reason = Reason::missing_field, .field = "webhook-signature"}));
}

TEST(StandardWebhook, HasFourSignaturesOfEd25519AtMost) {
  const Scheme scheme = scheme_of("standard", kPublicKey);
  std::string wrong = kEd25519;
  wrong[10] = wrong[10] == 'A' ? 'B' : 'A';
  const std::string three = wrong + " " + wrong + " " + wrong + " ";
  EXPECT_TRUE(verify(scheme, request(three + kEd25519), kPublishedBody, at(kNow)));
  EXPECT_EQ(refusal_of(scheme, request(three + wrong + " " + kEd25519), kPublishedBody, at(kNow)),
            Reason::malformed_field);
  EXPECT_EQ(refusal_of(scheme, request(three + wrong), kPublishedBody, at(kNow)), Reason::mismatch);
}

Scheme that_keeps(std::size_t bytes, std::string_view secrets) {
  return *Scheme::make({.scheme = "standard", .secrets = std::string(secrets), .most_kept_bytes = bytes});
}

TEST(StandardWebhook, IsKeptForEd25519UpToALimit) {
  for (const std::size_t piece_bytes : {kPublishedBody.size(), std::size_t{1}, std::size_t{7}}) {
    EXPECT_TRUE(verify(that_keeps(kPublishedBody.size(), kPublicKey), request(kEd25519), kPublishedBody,
                       at(kNow), piece_bytes));
    const auto outcome = verify(that_keeps(kPublishedBody.size() - 1, kPublicKey), request(kEd25519),
                                kPublishedBody, at(kNow), piece_bytes);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error(), (Refusal{.reason = Reason::too_long, .field = "webhook-signature"}));
  }
  EXPECT_TRUE(verify(that_keeps(0, lines(kPublicKey, kStandardSecret)), request(kEd25519 + " " + kCode),
                     kPublishedBody, at(kNow)))
      << "the code of HMAC is enough";
}

TEST(StandardWebhook, IsNotKeptForHmac) {
  const auto most_kept = [](std::string_view secrets, std::string_view signatures) {
    return that_keeps(1000, secrets).begin(request(signatures).get(), at(kNow))->most_kept_bytes();
  };
  EXPECT_EQ(most_kept(kStandardSecret, kCode), 0U);
  EXPECT_EQ(most_kept(kStandardSecret, kCode + " " + kEd25519), 0U);
  EXPECT_EQ(most_kept(lines(kStandardSecret, kPublicKey), kCode), 0U);
  EXPECT_EQ(most_kept(kPublicKey, kEd25519), 1000U);
}

TEST(Verification, OutlivesItsScheme) {
  std::optional<Scheme> scheme = scheme_of("standard", lines(kPublicKey, kStandardSecret));
  auto verification = scheme->begin(request(kEd25519 + " " + kCode).get(), at(kNow));
  scheme.reset();
  ASSERT_TRUE(verification);
  verification->add(as_bytes(kPublishedBody));
  EXPECT_TRUE(verification->finish());
}

}  // namespace
}  // namespace bobbin::signatures

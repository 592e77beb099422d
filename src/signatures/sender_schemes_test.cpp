#include <algorithm>
#include <cctype>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "signatures/test_request.h"

// The rules of each sender's scheme, beyond the requests that they have published.
namespace bobbin::signatures {
namespace {

using namespace std::string_literals;

constexpr std::string_view kOther = "another secret of sixteen bytes or more";
const std::string kBoth = std::string(kSecret) + "\n" + std::string(kOther);

// --- a signature in a field of its own

TEST(GithubSignature, IsHexadecimalInEitherCaseBehindItsPrefix) {
  const Scheme scheme = scheme_of("github", kSecret);
  const std::string digits = hex_hmac(kSecret, kBody);
  std::string upper = digits;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  // go-github and stripe-go decode the digits, which takes both cases.
  EXPECT_TRUE(verify(scheme, {{"x-hub-signature-256", "sha256=" + digits}}, kBody, at(kNow)));
  EXPECT_TRUE(verify(scheme, {{"X-HUB-SIGNATURE-256", "sha256=" + upper}}, kBody, at(kNow)));
  const std::vector<std::string> values = {""s,
                                           "sha256="s,
                                           digits,
                                           "SHA256=" + digits,
                                           "sha1=" + digits,
                                           "sha256=" + digits.substr(2),
                                           "sha256=" + digits.substr(1),
                                           "sha256=" + digits + "00",
                                           "sha256= " + digits,
                                           "sha256=g" + digits.substr(1),
                                           "sha256=" + digits + ",sha256=" + digits,
                                           "sha256=" + base64_hmac(kSecret, kBody)};
  for (const std::string& value : values)
    EXPECT_EQ(refusal_of(scheme, {{"X-Hub-Signature-256", value}}, kBody, at(kNow)), Reason::malformed_field)
        << value;
}

TEST(GithubSignature, IsNotReadFromTheFieldWithSha1) {
  const std::string code = "sha1=" + hex(hmac(kSecret, kBody, crypto::HashFunction::sha1));
  EXPECT_EQ(refusal_of(scheme_of("github", kSecret), {{"X-Hub-Signature", code}}, kBody, at(kNow)),
            Reason::missing_field);
}

TEST(ShopifySignature, IsStrictBase64) {
  const Scheme scheme = scheme_of("shopify", kSecret);
  // The code of this content has both characters in which the alphabets differ.
  const std::string content = R"({"id":0})";
  const std::string text = base64_hmac(kSecret, content);
  ASSERT_NE(text.find('+'), std::string::npos);
  ASSERT_NE(text.find('/'), std::string::npos);
  EXPECT_TRUE(verify(scheme, {{"X-Shopify-Hmac-Sha256", text}}, content, at(kNow)));
  std::string of_urls = text;
  for (char& c : of_urls) c = c == '+' ? '-' : c == '/' ? '_' : c;
  const std::vector<std::string> values = {""s,
                                           of_urls,
                                           text.substr(0, 43),
                                           text + "=",
                                           text.substr(0, 20) + " " + text.substr(20),
                                           "\"" + text + "\"",
                                           hex_hmac(kSecret, content),
                                           text.substr(4)};
  for (const std::string& value : values)
    EXPECT_EQ(refusal_of(scheme, {{"X-Shopify-Hmac-Sha256", value}}, content, at(kNow)),
              Reason::malformed_field)
        << value;
}

TEST(Signature, OfNoContentIsAccepted) {
  EXPECT_TRUE(verify(scheme_of("github", kSecret),
                     {{"X-Hub-Signature-256", "sha256=" + hex_hmac(kSecret, "")}}, "", at(kNow)));
  EXPECT_TRUE(verify(scheme_of("slack", kSecret),
                     {{"X-Slack-Request-Timestamp", std::to_string(kNow)},
                      {"X-Slack-Signature", "v0=" + hex_hmac(kSecret, "v0:" + std::to_string(kNow) + ":")}},
                     "", at(kNow)));
}

// --- GitLab's token

TEST(GitlabToken, IsTheSecretItself) {
  const Scheme scheme = scheme_of("gitlab", kBoth);
  EXPECT_EQ(verify(scheme, {{"X-Gitlab-Token", kSecret}}, kBody, at(kNow)),
            (Verified{.scheme = SchemeName::gitlab, .secret = 0}));
  EXPECT_EQ(verify(scheme, {{"X-Gitlab-Token", kOther}}, kBody, at(kNow)),
            (Verified{.scheme = SchemeName::gitlab, .secret = 1}));
  EXPECT_TRUE(scheme.reads_secret());
  EXPECT_EQ(scheme.field_names(), std::vector<std::string>{"x-gitlab-token"});
}

TEST(GitlabToken, IsRefusedBeforeAnyContentIsSent) {
  const Scheme scheme = scheme_of("gitlab", kSecret);
  const auto reason = [&](const TestFields& fields) {
    return scheme.begin(fields.get(), at(kNow)).error().reason;
  };
  EXPECT_EQ(reason({{"X-Gitlab-Token", kSecret.substr(1)}}), Reason::mismatch);
  EXPECT_EQ(reason({{"X-Gitlab-Token", kOther}}), Reason::mismatch);
  EXPECT_EQ(reason({{"X-Gitlab-Token", ""}}), Reason::malformed_field);
  EXPECT_EQ(reason({}), Reason::missing_field);
  EXPECT_EQ(reason({{"X-Gitlab-Token", kSecret}, {"x-gitlab-token", kSecret}}), Reason::repeated_field);
}

// --- Stripe's parameters

std::string stripe_code(std::string_view secret, std::string_view timestamp = "1614265330") {
  return hex_hmac(secret, std::string(timestamp) + "." + std::string(kBody));
}

TEST(StripeSignature, IsOneOfSeveral) {
  const Scheme scheme = scheme_of("stripe", kSecret);
  const std::string good = "v1=" + stripe_code(kSecret);
  const std::string bad = "v1=" + stripe_code(kOther);
  const std::vector<std::string> values = {"t=1614265330," + good,
                                           good + ",t=1614265330",
                                           "t=1614265330," + bad + "," + good,
                                           "t=1614265330," + good + "," + bad,
                                           "t=1614265330, " + good,
                                           "t=1614265330,v0=" + stripe_code(kOther) + "," + good,
                                           "t=1614265330,v1=abc,v1=,v1," + good,
                                           "t=1614265330,scheme=x,," + good + ","};
  for (const std::string& value : values)
    EXPECT_TRUE(verify(scheme, {{"Stripe-Signature", value}}, kBody, at(kNow))) << value;
  EXPECT_EQ(refusal_of(scheme, {{"Stripe-Signature", "t=1614265330," + bad + "," + bad}}, kBody, at(kNow)),
            Reason::mismatch);
}

TEST(StripeSignature, OfAnotherVersionIsNotRead) {
  for (const char* version : {"v0", "v2", "V1", "v1 "})
    EXPECT_EQ(refusal_of(
                  scheme_of("stripe", kSecret),
                  {{"Stripe-Signature", "t=1614265330," + std::string(version) + "=" + stripe_code(kSecret)}},
                  kBody, at(kNow)),
              Reason::unsupported_version)
        << version;
}

// The first ones are of stripe-dotnet, EventUtilityTest.ValidateSignatureHandlesIncorrectHeaderValues.
TEST(StripeSignature, IsRefusedWhenMalformed) {
  const Scheme scheme = scheme_of("stripe", kSecret);
  const std::string good = "v1=" + stripe_code(kSecret);
  const std::vector<std::string> values = {""s,
                                           "t"s,
                                           ",,"s,
                                           "t,,"s,
                                           "t=1614265330"s,
                                           "t=,t=1614265330," + good,
                                           "t=,v1="s,
                                           "t,v1=,v0="s,
                                           "t,v1=,v0"s,
                                           "t,v1=,"s,
                                           "t="s + "," + good,
                                           good,
                                           "t=1614265330,t=1614265330," + good,
                                           "t=1614265330.0," + good,
                                           "t=+1614265330," + good,
                                           "t=-1," + good,
                                           "t= 1614265330," + good,
                                           "t=1614265330,v1=" + good,
                                           "T=1614265330," + good};
  for (const std::string& value : values)
    EXPECT_EQ(refusal_of(scheme, {{"Stripe-Signature", value}}, kBody, at(kNow)), Reason::malformed_field)
        << value;
}

TEST(StripeSignature, IsOneOfSixteenAtMost) {
  const Scheme scheme = scheme_of("stripe", kSecret);
  std::string value = "t=1614265330";
  for (int i = 0; i < 15; ++i) value += ",v1=" + stripe_code(kOther);
  value += ",v1=" + stripe_code(kSecret);
  EXPECT_TRUE(verify(scheme, {{"Stripe-Signature", value}}, kBody, at(kNow)));
  value += ",v1=" + stripe_code(kOther);
  EXPECT_EQ(refusal_of(scheme, {{"Stripe-Signature", value}}, kBody, at(kNow)), Reason::malformed_field);
}

// --- which secret

TEST(Signature, IsThatOfTheFirstSecretThatMatches) {
  const Scheme scheme = scheme_of("stripe", kBoth);
  const std::string newest = ",v1=" + stripe_code(kSecret);
  const std::string oldest = ",v1=" + stripe_code(kOther);
  const auto secret = [&](const std::string& codes) {
    return verify(scheme, {{"Stripe-Signature", "t=1614265330" + codes}}, kBody, at(kNow))->secret;
  };
  EXPECT_EQ(secret(newest), 0U);
  EXPECT_EQ(secret(oldest), 1U);
  EXPECT_EQ(secret(newest + oldest), 0U);
  EXPECT_EQ(secret(oldest + newest), 0U);
}

TEST(Signature, CanBeThatOfTheFourthSecret) {
  const std::string secrets =
      "the first of four secrets\nthe second of four secrets\nthe third of four secrets\n";
  const auto verified =
      verify(scheme_of("github", secrets + std::string(kSecret)),
             {{"X-Hub-Signature-256", "sha256=" + hex_hmac(kSecret, kBody)}}, kBody, at(kNow));
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->secret, 3U);
}

// --- time

TestFields slack_request(const std::string& timestamp, std::string_view body = kBody) {
  return {{"X-Slack-Request-Timestamp", timestamp},
          {"X-Slack-Signature", "v0=" + hex_hmac(kSecret, "v0:" + timestamp + ":" + std::string(body))}};
}

TEST(Timestamp, MayBeAsOldOrNewAsTheTolerance) {
  const Scheme scheme = scheme_of("slack", kSecret);
  const TestFields fields = slack_request(std::to_string(kNow));
  for (const std::int64_t late : {-300, -299, 0, 299, 300})
    EXPECT_TRUE(verify(scheme, fields, kBody, at(kNow + late))) << late;
  EXPECT_TRUE(verify(scheme, fields, kBody, at(kNow + 300) + milliseconds(999))) << "it counts whole seconds";
  EXPECT_EQ(refusal_of(scheme, fields, kBody, at(kNow + 301)), Reason::too_old);
  EXPECT_EQ(refusal_of(scheme, fields, kBody, at(kNow - 301)), Reason::too_new);
  EXPECT_EQ(refusal_of(scheme, fields, kBody, at(kNow - 301) + milliseconds(999)), Reason::too_new);
}

TEST(Timestamp, IsJudgedByTheToleranceOfTheConfiguration) {
  const Scheme scheme =
      *Scheme::make({.scheme = "slack", .secrets = std::string(kSecret), .tolerance = seconds(1)});
  const TestFields fields = slack_request(std::to_string(kNow));
  EXPECT_TRUE(verify(scheme, fields, kBody, at(kNow + 1)));
  EXPECT_TRUE(verify(scheme, fields, kBody, at(kNow - 1)));
  EXPECT_EQ(refusal_of(scheme, fields, kBody, at(kNow + 2)), Reason::too_old);
  EXPECT_EQ(refusal_of(scheme, fields, kBody, at(kNow - 2)), Reason::too_new);
}

TEST(Timestamp, IsANumberOfSecondsThatFits) {
  const Scheme scheme = scheme_of("slack", kSecret);
  for (const char* wrong : {"", "soon", "1614265330.5", "1614265330 ", "+1614265330", "-1614265330",
                            "0x60379032", "1e9", "161426533O", "9223372036854775807", "9223372036854775808",
                            "18446744073709551615", "18446744075323816946", "99999999999999999999999999"})
    EXPECT_EQ(refusal_of(scheme, slack_request(wrong), kBody, at(kNow)), Reason::malformed_field) << wrong;
  EXPECT_EQ(refusal_of(scheme, slack_request("999999999999999999"), kBody, at(kNow)), Reason::too_new);
  EXPECT_EQ(refusal_of(scheme, slack_request("1614265330000"), kBody, at(kNow)), Reason::too_new);
  EXPECT_EQ(refusal_of(scheme, slack_request("0"), kBody, at(kNow)), Reason::too_old);
  EXPECT_EQ(refusal_of(scheme, slack_request("999999999999999999"), kBody, WallTime::min()), Reason::too_new);
  EXPECT_EQ(refusal_of(scheme, slack_request("0"), kBody, WallTime::max()), Reason::too_old);
}

TEST(Timestamp, IsRefusedBeforeAnyContentIsSent) {
  const auto begun = scheme_of("slack", kSecret).begin(slack_request("7").get(), at(kNow));
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error(), (Refusal{.reason = Reason::too_old, .field = "x-slack-request-timestamp"}));
}

TEST(Timestamp, IsSigned) {
  const Scheme scheme = scheme_of("slack", kSecret);
  const std::string signature =
      "v0=" + hex_hmac(kSecret, "v0:" + std::to_string(kNow) + ":" + std::string(kBody));
  EXPECT_EQ(
      refusal_of(scheme,
                 {{"X-Slack-Request-Timestamp", std::to_string(kNow + 1)}, {"X-Slack-Signature", signature}},
                 kBody, at(kNow)),
      Reason::mismatch);
}

// --- Slack's question

TEST(SlackRequest, HasAChallengeOnceItIsVerified) {
  const Scheme scheme = scheme_of("slack", kSecret);
  const std::string question = R"({"token":"x","challenge":"3eZbrw1aBm2r","type":"url_verification"})";
  const TestFields fields = slack_request(std::to_string(kNow), question);
  for (const std::size_t piece_bytes : {question.size(), std::size_t{1}}) {
    const auto verified = verify(scheme, fields, question, at(kNow), piece_bytes);
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->challenge, "3eZbrw1aBm2r");
  }
  EXPECT_FALSE(verify(scheme, fields, question + " ", at(kNow)));
  EXPECT_FALSE(verify(scheme, slack_request(std::to_string(kNow)), kBody, at(kNow))->challenge);
}

TEST(SlackRequest, OfAnyLengthIsVerifiedAndHasNoChallengeWhenItIsLong) {
  const std::string body =
      R"({"type":"url_verification","challenge":"abc","text":")" + std::string(100'000, 'x') + "\"}";
  const TestFields fields = slack_request(std::to_string(kNow), body);
  for (const std::size_t piece_bytes : {body.size(), std::size_t{5'000}, std::size_t{60}}) {
    const auto verified = verify(scheme_of("slack", kSecret), fields, body, at(kNow), piece_bytes);
    ASSERT_TRUE(verified);
    EXPECT_FALSE(verified->challenge);
  }
}

}  // namespace
}  // namespace bobbin::signatures

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "signatures/test_request.h"

// What the senders have published: each request must be accepted as it is, and no other with its signature.
namespace bobbin::signatures {
namespace {

using namespace std::string_literals;

struct Published {
  std::string scheme;
  std::string secret;
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  std::string body;
  std::int64_t signed_at;
};

const std::string kSlackBody =
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
    "channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
    "response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%"
    "2F96rGlfmibIGlgcZRskXaIFfN&"
    "trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

const std::vector<Published>& all_published() {
  static const std::vector<Published> all = {
      // standard-webhooks/standard-webhooks, libraries/go/webhook_test.go, TestWebhookSign
      {"standard",
       "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
       {{"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
        {"webhook-timestamp", "1614265330"},
        {"webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}},
       R"({"test": 2432232314})",
       1614265330},
      // svix/svix-webhooks, rust/src/webhooks.rs, test_sign
      {"standard",
       "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
       {{"svix-id", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk"},
        {"svix-timestamp", "1649367553"},
        {"svix-signature", "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="}},
       R"({"email":"test@example.com","username":"test_user"})",
       1649367553},
      // svix/svix-webhooks, README.md of the server, "Asymmetric signatures" (the key), and its
      // test_asymmetric_key_signing; the signature is also that of standard-webhooks.md, "Webhook headers"
      {"standard",
       "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
       {{"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
        {"webhook-timestamp", "1614265330"},
        {"webhook-signature",
         "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="}},
       R"({"test": 2432232314})",
       1614265330},
      // docs.github.com, "Validating webhook deliveries", "Testing the webhook payload validation"
      {"github",
       "It's a Secret to Everybody",
       {{"X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}},
       "Hello, World!",
       0},
      // The recipe of stripe-dotnet, src/StripeTests/Services/Events/EventUtilityTest.cs, with a secret that
      // is not
      // too short: printf '1533204620.{"id": "evt_123"}' | openssl sha256 -hmac whsec_… The v0 is from there.
      {"stripe",
       "whsec_H68eTX02a4bCbiQOOoSAsIytOvuWZrQC",
       {{"Stripe-Signature",
         "t=1533204620,v1=2226129125a88185edfa28169d99eab4a528147a6b2153642eda92c74f993efc,"
         "v0=63f3a72374a733066c4be69ed7f8e5ac85c22c9f0a6a612ab9a025a9e4ee7eef"}},
       R"({"id": "evt_123"})",
       1533204620},
      // docs.slack.dev, "Verifying requests from Slack", "Validating a request"
      {"slack",
       "8f742231b10e8888abcd99yyyzzz85a5",
       {{"X-Slack-Request-Timestamp", "1531420618"},
        {"X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"}},
       kSlackBody,
       1531420618},
      // Shopify publishes no request with its secret: that of the tests of sqlpage, "Shopify webhook HMAC
      // validation with base64 output"
      {"shopify",
       "test-webhook-secret",
       {{"X-Shopify-Hmac-SHA256", "QNyObTlKbMx2qDlPF/ZOZcBqg5OgPg+2oky3zldc0Gw="}},
       R"({"id":1234567890,"email":"customer@example.com","total_price":"123.45"})",
       0},
  };
  return all;
}

TestFields fields_of(const Published& published) {
  TestFields fields{};
  for (const auto& [name, value] : published.fields) fields.add(name, value);
  return fields;
}

TEST(PublishedSignatures, AreAccepted) {
  for (const Published& published : all_published()) {
    const auto verified = verify(scheme_of(published.scheme, published.secret), fields_of(published),
                                 published.body, at(published.signed_at));
    ASSERT_TRUE(verified) << published.scheme << ": " << name_of(verified.error().reason);
    EXPECT_EQ(verified->secret, 0U);
    EXPECT_EQ(verified->timestamp.has_value(), published.signed_at != 0) << published.scheme;
    EXPECT_EQ(verified->timestamp.value_or(0), published.signed_at);
    EXPECT_FALSE(verified->challenge);
  }
}

TEST(PublishedSignatures, AreAcceptedHoweverTheContentIsCut) {
  for (const Published& published : all_published())
    for (const std::size_t piece_bytes : {1U, 2U, 7U, 64U})
      EXPECT_TRUE(verify(scheme_of(published.scheme, published.secret), fields_of(published), published.body,
                         at(published.signed_at), piece_bytes))
          << published.scheme << ' ' << piece_bytes;
}

TEST(PublishedSignatures, AreThoseOfNoOtherContent) {
  for (const Published& published : all_published()) {
    const Scheme scheme = scheme_of(published.scheme, published.secret);
    std::string changed = published.body;
    changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 1);
    for (const std::string& other : {changed, published.body + " ", published.body.substr(1), ""s})
      EXPECT_EQ(refusal_of(scheme, fields_of(published), other, at(published.signed_at)), Reason::mismatch)
          << published.scheme;
  }
}

TEST(PublishedSignatures, AreAcceptedWithTheSecondSecretAndNotWithAnother) {
  const auto other_than = [](const Published& published) -> std::string {
    if (published.scheme != "standard") return "another secret of a sender";
    if (published.secret.starts_with("whpk_"))
      return "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";  // RFC 8032 §7.1, TEST 1
    return "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
  };
  for (const Published& published : all_published()) {
    const std::string other = other_than(published);
    const WallTime now = at(published.signed_at);
    const auto verified = verify(scheme_of(published.scheme, other + "\n" + published.secret + "\n"),
                                 fields_of(published), published.body, now);
    ASSERT_TRUE(verified) << published.scheme;
    EXPECT_EQ(verified->secret, 1U);
    EXPECT_EQ(refusal_of(scheme_of(published.scheme, other), fields_of(published), published.body, now),
              Reason::mismatch);
  }
}

TEST(PublishedSignatures, AreReadFromTheFieldsThatTheSchemeNames) {
  for (const Published& published : all_published()) {
    const Scheme scheme = scheme_of(published.scheme, published.secret);
    const std::vector<std::string> names = scheme.field_names();
    for (const auto& [name, value] : published.fields)
      EXPECT_NE(std::ranges::find(names, lowercase(name)), names.end()) << published.scheme << ' ' << name;
    EXPECT_FALSE(scheme.reads_secret());
  }
}

TEST(PublishedSignatures, NeedEachOfTheirFieldsExactlyOnce) {
  for (const Published& published : all_published()) {
    const Scheme scheme = scheme_of(published.scheme, published.secret);
    for (const auto& [left_out, ignored] : published.fields) {
      TestFields without{};
      for (const auto& [name, value] : published.fields)
        if (name != left_out) without.add(name, value);
      EXPECT_EQ(refusal_of(scheme, without, published.body, at(published.signed_at)), Reason::missing_field);
    }
    for (const auto& [name, value] : published.fields) {
      TestFields twice = fields_of(published);
      twice.add(name, value);
      const auto begun = scheme.begin(twice.get(), at(published.signed_at));
      ASSERT_FALSE(begun) << published.scheme;
      EXPECT_EQ(begun.error(), (Refusal{.reason = Reason::repeated_field, .field = lowercase(name)}));
    }
  }
}

}  // namespace
}  // namespace bobbin::signatures

#include "signatures/standard_signer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signatures/test_request.h"

namespace bobbin::signatures {
namespace {

using testing::HasSubstr;

constexpr std::string_view kSecretOfTheExample = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view kOtherSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
constexpr std::string_view kId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::string_view kContent = R"({"test": 2432232314})";

StandardSigner signer_of(const std::string& secrets) {
  auto signer = StandardSigner::make(secrets);
  EXPECT_TRUE(signer) << signer.error();
  return *std::move(signer);
}

// standard-webhooks/standard-webhooks, libraries/go/webhook_test.go, TestWebhookSign; svix/svix-webhooks,
// rust/src/webhooks.rs, test_sign
TEST(StandardSignerTest, SignsAsThePublishedExamples) {
  EXPECT_EQ(signer_of(std::string(kSecretOfTheExample)).sign(kId, 1614265330, as_bytes(kContent)),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  EXPECT_EQ(signer_of(std::string(kOtherSecret))
                .sign("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1649367553,
                      as_bytes(R"({"email":"test@example.com","username":"test_user"})")),
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
}

TEST(StandardSignerTest, SignsWithEachSecret) {
  const StandardSigner signer = signer_of("# the newest first\n" + std::string(kOtherSecret) + "\n" +
                                          std::string(kSecretOfTheExample) + "\n");
  const std::string value = signer.sign(kId, 1614265330, as_bytes(kContent));
  EXPECT_THAT(value, testing::MatchesRegex("v1,[A-Za-z0-9+/]+= v1,[A-Za-z0-9+/]+="));
  const TestFields fields{
      {"webhook-id", kId}, {"webhook-timestamp", "1614265330"}, {"webhook-signature", value}};
  for (const std::string_view secret : {kSecretOfTheExample, kOtherSecret})
    EXPECT_EQ(refusal_of(scheme_of("standard", secret), fields, kContent, at(1614265330)), std::nullopt)
        << secret;
}

TEST(StandardSignerTest, ReadsTheFilesOfTheScheme) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "it holds no secret"},
      {"a secret of sixteen bytes or more", "line 1 must begin with whsec_"},
      {"# old\nwhsec_MfKQ9r8GKYqrTw==\n", "line 2 holds a key of 10 bytes"},
      {"whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
       "line 1 must begin with whsec_: requests are signed with HMAC"},
      {"whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==",
       "line 1 must begin with whsec_"}};
  for (const auto& [text, says] : cases) {
    const auto signer = StandardSigner::make(text);
    ASSERT_FALSE(signer) << text;
    EXPECT_THAT(signer.error(), HasSubstr(says));
  }
}

}  // namespace
}  // namespace bobbin::signatures

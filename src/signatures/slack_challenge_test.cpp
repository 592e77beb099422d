#include "signatures/slack_challenge.h"

#include <gtest/gtest.h>

namespace bobbin::signatures {
namespace {

// api.slack.com/events/url_verification, its example
TEST(SlackChallenge, IsThatOfTheDocument) {
  EXPECT_EQ(slack_challenge(R"({
    "token": "Jhj5dZrVaK7ZwHHjRyZWjbDl",
    "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P",
    "type": "url_verification"
})"),
            "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P");
}

TEST(SlackChallenge, IsNothingInAnotherDocument) {
  for (const char* other :
       {"", "{}", "[]", "null", R"("url_verification")", R"({"type":"url_verification"})",
        R"({"challenge":"abc"})", R"({"type":"event_callback","challenge":"abc"})",
        R"({"event":{"type":"url_verification","challenge":"abc"}})",
        R"({"type":["url_verification"],"challenge":"abc"})", R"({"type":"url_verification","challenge":7})",
        R"({"type":"url_verification","challenge":""})", R"({"type":"url_verification","challenge":"abc"} x)",
        R"({"type":"url_verification","challenge":"a c"})",
        R"({"type":"url_verification","challenge":"<b>ä</b>"})",
        R"({"type":"url_verification","challenge":"a\r\nb"})",
        R"({"type":"url_verification","challenge":"abc")"})
    EXPECT_FALSE(slack_challenge(other)) << other;
}

TEST(SlackChallenge, IsShortInAShortDocument) {
  const auto with = [](std::size_t length) {
    return R"({"type":"url_verification","challenge":")" + std::string(length, 'c') + "\"}";
  };
  EXPECT_EQ(slack_challenge(with(255)), std::string(255, 'c'));
  EXPECT_FALSE(slack_challenge(with(256)));
  const std::string document = with(10);
  EXPECT_TRUE(slack_challenge(document + std::string(kLongestUrlVerification - document.size(), ' ')));
  EXPECT_FALSE(slack_challenge(document + std::string(kLongestUrlVerification - document.size() + 1, ' ')));
}

}  // namespace
}  // namespace bobbin::signatures

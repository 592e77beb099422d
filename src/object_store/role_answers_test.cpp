#include "object_store/role_answers.h"

#include <gtest/gtest.h>

namespace bobbin::object_store {
namespace {

constexpr WallTime kNow{seconds(1'338'008'400 - 3600)};  // an hour before the example of Amazon ends

/// The example of
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
constexpr std::string_view kOfInstance = R"({
  "Code" : "Success",
  "LastUpdated" : "2012-04-26T16:39:16Z",
  "Type" : "AWS-HMAC",
  "AccessKeyId" : "ASIAIOSFODNN7EXAMPLE",
  "SecretAccessKey" : "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  "Token" : "token",
  "Expiration" : "2012-05-26T05:00:00Z"
})";

TEST(RoleCredentials, AreThoseOfTheMetadataService) {
  const auto issued = parse_role_credentials(kOfInstance, kNow);
  ASSERT_TRUE(issued) << issued.error();
  EXPECT_EQ(issued->credentials,
            (Credentials{"ASIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "token"}));
  EXPECT_EQ(issued->lifetime, std::chrono::hours(1));
}

/// As a task of ECS gets them:
/// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
TEST(RoleCredentials, AreThoseOfAContainer) {
  const auto issued = parse_role_credentials(
      R"({"RoleArn":"arn","AccessKeyId":"id","SecretAccessKey":"secret","Token":"t","Expiration":"2012-05-26T04:00:05.500Z"})",
      kNow);
  ASSERT_TRUE(issued) << issued.error();
  EXPECT_EQ(issued->credentials, (Credentials{"id", "secret", "t"}));
  EXPECT_EQ(issued->lifetime, milliseconds(5500));
}

TEST(RoleCredentials, MayHaveNoEndOrHaveEnded) {
  const auto endless = parse_role_credentials(R"({"AccessKeyId":"id","SecretAccessKey":"secret"})", kNow);
  ASSERT_TRUE(endless) << endless.error();
  EXPECT_EQ(endless->lifetime, std::nullopt);
  const auto old = parse_role_credentials(kOfInstance, kNow + std::chrono::hours(2));
  ASSERT_TRUE(old) << old.error();
  EXPECT_EQ(old->lifetime, -std::chrono::hours(1));
}

TEST(RoleCredentials, AreRefusedWithoutTellingTheSecret) {
  for (const auto& [json, says] :
       {std::pair(R"({"Code":"AssumeRoleUnauthorizedAccess","AccessKeyId":"i","SecretAccessKey":"hidden"})",
                  "it has answered AssumeRoleUnauthorizedAccess"),
        {R"({"Code":"hidden\u001b[2J"})", "it has answered something unknown"},
        {R"({"Code":1,"AccessKeyId":"i","SecretAccessKey":"hidden"})", "it has answered something unknown"},
        {R"({"SecretAccessKey":"hidden"})", "it has answered without credentials"},
        {R"({"AccessKeyId":"i","SecretAccessKey":7})", "it has answered without credentials"},
        {R"({"AccessKeyId":"i","SecretAccessKey":"hidden","Expiration":"soon"})",
         "it has answered with credentials that end at no moment"},
        {R"({"AccessKeyId":"i","SecretAccessKey":"a","Token":"hidden\r\nX: 1"})",
         "the session token has a character that is not allowed; printable ASCII without blanks is"},
        {"hidden", "it has answered with something other than credentials"},
        {"", "it has answered with something other than credentials"}}) {
    const auto issued = parse_role_credentials(json, kNow);
    ASSERT_FALSE(issued) << json;
    EXPECT_EQ(issued.error(), says);
  }
}

/// The example of https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
TEST(AssumedRole, HasCredentials) {
  const auto issued = parse_assumed_role(
      R"(<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <SubjectFromWebIdentityToken>amzn1.account.AF6RHO7KZU5XRVQJGXK6HB56KR2A</SubjectFromWebIdentityToken>
    <Audience>client.5498841531868486423.1548@apps.example.com</Audience>
    <AssumedRoleUser>
      <Arn>arn:aws:sts::123456789012:assumed-role/FederatedWebIdentityRole/app1</Arn>
      <AssumedRoleId>AROACLKWSDQRAOEXAMPLE:app1</AssumedRoleId>
    </AssumedRoleUser>
    <Credentials>
      <SessionToken>AQoDYXdzEE0a8ANXXXXXXXXNO1ewxE5TijQyp+IEXAMPLE</SessionToken>
      <SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY</SecretAccessKey>
      <Expiration>2014-10-24T23:00:23Z</Expiration>
      <AccessKeyId>ASgeIAIOSFODNN7EXAMPLE</AccessKeyId>
    </Credentials>
    <SourceIdentity>SourceIdentityValue</SourceIdentity>
    <Provider>www.amazon.com</Provider>
  </AssumeRoleWithWebIdentityResult>
  <ResponseMetadata><RequestId>ad4156e9-bce1-11e2-82e6-6b6efEXAMPLE</RequestId></ResponseMetadata>
</AssumeRoleWithWebIdentityResponse>)",
      WallTime(seconds(1'414'191'613)));  // ten seconds before
  ASSERT_TRUE(issued) << issued.error();
  EXPECT_EQ(issued->credentials,
            (Credentials{"ASgeIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY",
                         "AQoDYXdzEE0a8ANXXXXXXXXNO1ewxE5TijQyp+IEXAMPLE"}));
  EXPECT_EQ(issued->lifetime, seconds(10));
}

TEST(AssumedRole, IsRefusedWithoutTellingTheSecret) {
  for (const char* xml : {"", "<a/>", "<Credentials><AccessKeyId>hidden</AccessKeyId></Credentials>",
                          "{\"AssumeRoleWithWebIdentityResponse\":{}}"}) {
    const auto issued = parse_assumed_role(xml, kNow);
    ASSERT_FALSE(issued) << xml;
    EXPECT_EQ(issued.error().find("hidden"), std::string::npos);
  }
}

}  // namespace
}  // namespace bobbin::object_store

#include "http/authorization.h"

#include <gtest/gtest.h>

namespace bobbin::http {
namespace {

Credentials credentials(std::initializer_list<std::string_view> values) {
  Fields fields;
  for (const std::string_view value : values)
    EXPECT_TRUE(fields.add({.name = FieldName::authorization, .name_text = "Authorization", .value = value}));
  return credentials_of(fields);
}

// RFC 7617 §2 and §2.1
TEST(Authorization, OfTheBasicScheme) {
  const Credentials aladdin = credentials({"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="});
  EXPECT_EQ(std::get<BasicCredentials>(aladdin).user, "Aladdin");
  EXPECT_EQ(std::get<BasicCredentials>(aladdin).password, "open sesame");
  EXPECT_EQ(std::get<BasicCredentials>(credentials({"bAsIc   dGVzdDoxMjPCow=="})).password, "123\xC2\xA3");
  const Credentials colons = credentials({"Basic YTpiOmM="});
  EXPECT_EQ(std::get<BasicCredentials>(colons).user, "a");
  EXPECT_EQ(std::get<BasicCredentials>(colons).password, "b:c");
  EXPECT_EQ(std::get<BasicCredentials>(credentials({"Basic Og=="})).user, "");
}

// RFC 6750 §2.1
TEST(Authorization, OfTheBearerScheme) {
  EXPECT_EQ(std::get<BearerToken>(credentials({"Bearer mF_9.B5f-4.1JqM"})).token, "mF_9.B5f-4.1JqM");
  EXPECT_EQ(std::get<BearerToken>(credentials({"bearer  a+/~=="})).token, "a+/~==");
}

TEST(Authorization, ThatSaysNothing) {
  EXPECT_TRUE(std::holds_alternative<NoCredentials>(credentials({})));
  EXPECT_TRUE(std::holds_alternative<NoCredentials>(credentials({"Digest username=\"x\""})));
  EXPECT_TRUE(std::holds_alternative<NoCredentials>(credentials({""})));
}

TEST(Authorization, ThatCannotBeJudged) {
  for (const std::string_view value :
       {"Basic", "Basic ", "Basic QWxhZGRpbg==", "Basic QWxhZGRpbjpv\tcA==", "Basic QQ", "Basic a:b",
        "Basic YTpiAA==", "Basic YQo6Yg==", "Basic fzpi", "Bearer", "Bearer ", "Bearer a b", "Bearer a,b",
        "Bearer =", "Bearer a=b", "Bearer \"a\""})
    EXPECT_TRUE(std::holds_alternative<MalformedCredentials>(credentials({value}))) << value;
  EXPECT_TRUE(std::holds_alternative<MalformedCredentials>(credentials({"Basic YTpi", "Basic YTpi"})));
}

}  // namespace
}  // namespace bobbin::http

#include "object_store/credentials.h"

#include <gtest/gtest.h>
#include <map>

namespace bobbin::object_store {
namespace {

Result<std::optional<Credentials>, std::string> credentials_among(std::map<std::string, std::string> values) {
  return credentials_in([&values](const char* name) -> const char* {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  });
}

TEST(CredentialsTest, StandInTheEnvironment) {
  EXPECT_EQ(credentials_among({{"AWS_ACCESS_KEY_ID", "id"}, {"AWS_SECRET_ACCESS_KEY", "secret"}}),
            (Credentials{"id", "secret", ""}));
  EXPECT_EQ(
      credentials_among(
          {{"AWS_ACCESS_KEY_ID", "id"}, {"AWS_SECRET_ACCESS_KEY", "secret"}, {"AWS_SESSION_TOKEN", "token"}}),
      (Credentials{"id", "secret", "token"}));
  EXPECT_EQ(credentials_among({}), std::nullopt);
  EXPECT_EQ(credentials_among({{"AWS_ACCESS_KEY_ID", ""}, {"AWS_SECRET_ACCESS_KEY", ""}}), std::nullopt);
  EXPECT_EQ(credentials_among({{"AWS_ACCESS_KEY_ID", "id\n"}, {"AWS_SECRET_ACCESS_KEY", " secret\r\n"}}),
            (Credentials{"id", "secret", ""}));
  for (const char* value : {"a b", "a\nb", "a\x7f", "\xC3\xA4"}) {
    EXPECT_FALSE(credentials_among({{"AWS_ACCESS_KEY_ID", value}, {"AWS_SECRET_ACCESS_KEY", "secret"}}));
    EXPECT_FALSE(credentials_among({{"AWS_ACCESS_KEY_ID", "id"}, {"AWS_SECRET_ACCESS_KEY", value}}));
    EXPECT_FALSE(credentials_among(
        {{"AWS_ACCESS_KEY_ID", "id"}, {"AWS_SECRET_ACCESS_KEY", "secret"}, {"AWS_SESSION_TOKEN", value}}));
  }
  EXPECT_FALSE(credentials_among({{"AWS_ACCESS_KEY_ID", "id"}}));
  EXPECT_FALSE(credentials_among({{"AWS_SECRET_ACCESS_KEY", "secret"}}));
}

TEST(CredentialsTest, StandInAFile) {
  constexpr std::string_view kFile =
      "# ours\n[other]\naws_access_key_id = no\naws_secret_access_key = no\n\n"
      "[ default ]\r\naws_access_key_id=id\r\n  aws_secret_access_key =  se=cret/+ \r\nregion = eu\n"
      ";aws_session_token = old\n[last]\naws_access_key_id = a\naws_secret_access_key = b\naws_session_token "
      "= c";
  EXPECT_EQ(credentials_of_file(kFile, "default"), (Credentials{"id", "se=cret/+", ""}));
  EXPECT_EQ(credentials_of_file(kFile, "last"), (Credentials{"a", "b", "c"}));
  EXPECT_EQ(credentials_of_file(kFile, "none"), std::nullopt);
  EXPECT_EQ(credentials_of_file("", "default"), std::nullopt);
  const auto with_token = [](std::size_t size) {
    return "[default]\naws_access_key_id = a\naws_secret_access_key = b\naws_session_token = " +
           std::string(size, 'x');
  };
  EXPECT_FALSE(credentials_of_file("[a]\naws_access_key_id = a\x01\naws_secret_access_key = b", "a"));
  EXPECT_TRUE(credentials_of_file(with_token(16'384), "default"));
  EXPECT_FALSE(credentials_of_file(with_token(16'385), "default")) << "it would not fit into a message";
  const auto half = credentials_of_file("[default]\naws_secret_access_key = hidden\n", "default");
  ASSERT_FALSE(half);
  EXPECT_NE(half.error().find("aws_access_key_id"), std::string::npos);
  EXPECT_EQ(half.error().find("hidden"), std::string::npos);
}

}  // namespace
}  // namespace bobbin::object_store

#include <gtest/gtest.h>
#include <string>

#include "auth/named_lines.h"
#include "auth/password_file.h"
#include "auth/test_hashes.h"
#include "auth/token_file.h"

namespace bobbin::auth {
namespace {

using namespace std::string_literals;

TEST(NamedLines, LeaveOutEmptyLinesAndComments) {
  const auto lines = named_lines("# users\n\nalice:a:b\r\nb b\xC3\xA9:\n#bob:x\n\r\nlast:");
  ASSERT_TRUE(lines) << lines.error();
  ASSERT_EQ(lines->size(), 3U);
  EXPECT_EQ((*lines)[0].name, "alice");
  EXPECT_EQ((*lines)[0].value, "a:b");
  EXPECT_EQ((*lines)[0].number, 3U);
  EXPECT_EQ((*lines)[1].name, "b b\xC3\xA9");
  EXPECT_EQ((*lines)[1].value, "");
  EXPECT_EQ((*lines)[2].number, 7U);
}

TEST(NamedLines, AreRefusedWithTheirNumber) {
  const auto refusal = [](const std::string& text) { return named_lines(text).error(); };
  EXPECT_EQ(refusal("a:x\nsecret\n"), "line 2 has no colon");
  EXPECT_EQ(refusal("a:x\n\na:y\n"), "line 3 has the name of line 1");
  for (const std::string& name : {""s, "a\tb"s, "a\0b"s, "\x7F"s, std::string(256, 'a')})
    EXPECT_TRUE(refusal(name + ":x").starts_with("line 1 must begin with a name of 1 to 255 bytes")) << name;
}

TEST(PasswordFile, FindsUsersByTheirNames) {
  const auto file = PasswordFile::parse("alice:"s + kBcrypt + "\nbob:" + kSha256 + "\n");
  ASSERT_TRUE(file) << file.error();
  ASSERT_NE(file->find("alice"), nullptr);
  EXPECT_EQ(file->find("alice")->hash, kBcrypt);
  EXPECT_EQ(file->find("bob")->hash, kSha256);
  EXPECT_EQ(file->find("Alice"), nullptr);
  EXPECT_EQ(file->find(""), nullptr);
  EXPECT_FALSE(file->decoy().empty());
}

TEST(PasswordFile, IsRefusedWithoutTellingWhatItHolds) {
  const auto refusal = [](const std::string& text) { return PasswordFile::parse(text).error(); };
  EXPECT_EQ(refusal("alice:"s + kBcrypt + "\nbob:hunter2\n"),
            "line 2 holds no hash that is allowed: bcrypt, yescrypt or sha-crypt are, as htpasswd -B and "
            "mkpasswd make them");
  EXPECT_EQ(refusal(""), "it names no user");
  EXPECT_EQ(refusal("# nobody\n"), "it names no user");
  EXPECT_EQ(refusal("alice"), "line 1 has no colon");
}

// printf %s token | sha256sum
constexpr char kDigestOfToken[] = "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0";

TEST(TokenFile, FindsTheNameOfAToken) {
  const auto file = TokenFile::parse("first:"s + std::string(64, '0') + "\nkiosk-7:" + kDigestOfToken +
                                     "\nlast:" + std::string(64, 'F'));
  ASSERT_TRUE(file) << file.error();
  ASSERT_NE(file->find("token"), nullptr);
  EXPECT_EQ(*file->find("token"), "kiosk-7");
  EXPECT_EQ(file->find("Token"), nullptr);
  EXPECT_EQ(file->find(""), nullptr);
  EXPECT_EQ(file->find(kDigestOfToken), nullptr) << "who reads the file has no token yet";
}

TEST(TokenFile, IsRefusedWithoutTellingWhatItHolds) {
  const auto refusal = [](const std::string& text) { return TokenFile::parse(text).error(); };
  const std::string line = std::string(":") + kDigestOfToken + "\n";
  EXPECT_EQ(refusal("a" + line + "b:token\n"),
            "line 2 holds no SHA-256 of 64 hexadecimal digits, as printf %s TOKEN | sha256sum makes it");
  EXPECT_EQ(refusal("a" + line + "b" + line), "line 2 holds a digest that another line holds too");
  EXPECT_EQ(refusal(""), "it names no token");
}

}  // namespace
}  // namespace bobbin::auth

#include "app/private_files.h"

#include <cstdlib>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/test_parsing.h"
#include "app/variables_of_aws.h"
#include "os/test_directory.h"

namespace bobbin::app {
namespace {

using testing::UnorderedElementsAre;

Strings texts_of(const Config& config) {
  Strings texts;
  for (const PrivateFile& file : private_files_of(config)) texts.push_back(file.option + " = " + file.name);
  return texts;
}

TEST(PrivateFiles, AreAllThatTheConfigurationNames) {
  const Config config = config_from_file(
      "root = \"x\"\npassword_file = \"1\"\ntoken_file = \"2\"\n"
      "tls_ticket_keys = \"3\"\ns3_credentials_file = \"4\"\n"
      "[[listener]]\nport = 1\ncertificate = \"public\"\nkey = \"5\"\n"
      "[[listener]]\nport = 2\ncertificate = \"6\"\n"
      "[[rule]]\npath = \"/\"\npassword_file = \"7\"\ntoken_file = \"8\"\n"
      "[[inbox]]\nname = \"a\"\ndir = \"b\"\ntoken_file = \"9\"\nfeed_token_file = \"10\"\nsecret_file = "
      "\"11\"\n"
      "[[site]]\nnames = \"a.test\"\nroot = \"y\"\npassword_file = \"12\"\ntoken_file = \"13\"\n"
      "certificate = \"public\"\nkey = \"14\"\n"
      "[[site.rule]]\npath = \"/\"\npassword_file = \"15\"\n"
      "[[site]]\nnames = \"b.test\"\nroot = \"z\"\ncertificate = \"16\"\n");
  EXPECT_THAT(
      texts_of(config),
      UnorderedElementsAre(
          "--password-file = 1", "--token-file = 2", "--tls-ticket-keys = 3", "--s3-credentials-file = 4",
          "--tls-key = 5", "--tls-certificate = 6", "bobbin.toml:13:1: [[rule]]: password_file = 7",
          "bobbin.toml:13:1: [[rule]]: token_file = 8", "bobbin.toml:17:1: [[inbox]] \"a\": token_file = 9",
          "bobbin.toml:17:1: [[inbox]] \"a\": feed_token_file = 10",
          "bobbin.toml:17:1: [[inbox]] \"a\": secret_file = 11", "password_file of the [[site]] a.test = 12",
          "token_file of the [[site]] a.test = 13", "key of a [[site]] = 14",
          "bobbin.toml:30:1: [[site.rule]]: password_file = 15", "certificate of a [[site]] = 16"));
}

/// Sets variables, which afterwards are what they were.
class Environment : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* const name : kNames) {
      const char* const value = variable(name);
      before_.emplace_back(name, value == nullptr ? std::nullopt : std::optional<std::string>(value));
      set(name, std::nullopt);
    }
  }
  void TearDown() override {
    for (const auto& [name, value] : before_) set(name, value);
  }
  static void set(const char* name, const std::optional<std::string>& value) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): a test has one thread
    ASSERT_EQ(value ? setenv(name, value->c_str(), 1) : unsetenv(name), 0);
  }

 private:
  static constexpr const char* kNames[] = {"AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
                                           "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "HOME"};
  std::vector<std::pair<const char*, std::optional<std::string>>> before_;
};

using PrivateFilesOfVariables = Environment;

TEST_F(PrivateFilesOfVariables, CountWhereAStoreIsUsedWithoutAFileOfCredentials) {
  set("AWS_SHARED_CREDENTIALS_FILE", "1");
  set("AWS_WEB_IDENTITY_TOKEN_FILE", "2");
  set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "3");
  set("HOME", "/home/a");
  const std::string inbox = "[[inbox]]\nname = \"a\"\ntarget = \"s3://archive/a\"\n";
  EXPECT_TRUE(texts_of(config_from_file("root = \"x\"\n")).empty());
  EXPECT_THAT(texts_of(config_from_file("root = \"x\"\ns3_credentials_file = \"4\"\n" + inbox)),
              UnorderedElementsAre("--s3-credentials-file = 4"));
  EXPECT_THAT(
      texts_of(config_from_file("root = \"x\"\n" + inbox)),
      UnorderedElementsAre("AWS_SHARED_CREDENTIALS_FILE = 1", "AWS_WEB_IDENTITY_TOKEN_FILE = 2",
                           "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = 3", "HOME = /home/a/.aws/credentials"));
}

TEST(PrivateFiles, MustNotLieWhereTheyWouldBeServed) {
  const os::TestDirectory place;
  for (const char* const folder : {"root/deep", "mount", "challenges", "uploads", "elsewhere"})
    place.make_folder(folder);
  place.make_link("link", "root/deep");
  SiteConfig site;
  site.root = place.path("root");
  site.upload_dir = place.path("uploads");
  site.acme_challenges = place.path("challenges");
  site.mounts.push_back({.path = "/a", .root = place.path("mount")});
  site.included_hidden = {".shown"};
  const auto checked = [&](const std::string& name) {
    return check_private_files({{.option = "--option", .name = place.path(name)}}, {&site});
  };
  for (const char* const name :
       {"root/a", "root/deep/a", "link/a", "mount/a", "challenges/a", "root/.shown", "elsewhere/../root/a"})
    EXPECT_FALSE(checked(name)) << name;
  for (const char* const name :
       {"a", "elsewhere/a", "root/.hidden", "root/.git/a", "mount/.hidden", "uploads/a", "root2/a"})
    EXPECT_TRUE(checked(name)) << name;
  EXPECT_EQ(
      checked("root/a").error(),
      fmt::format(R"(--option: "{}" lies where clients could fetch it; a place outside of "{}" is needed)",
                  place.path("root/a"), place.path("root")));
}

}  // namespace
}  // namespace bobbin::app

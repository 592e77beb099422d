#include "app/site_logs.h"

#include <gtest/gtest.h>

namespace bobbin::app {
namespace {

Config config_with(const std::vector<std::string>& files) {
  Config config;
  config.sites.clear();
  for (const std::string& file : files) config.sites.push_back({.log_file = file});
  return config;
}

TEST(SiteLogs, EachFileHasOneLog) {
  Config config = config_with({"", "b", "a", "b", "server", ""});
  config.server.log_file = "server";
  const std::vector<std::string> files = site_log_files(config);
  EXPECT_EQ(files, (std::vector<std::string>{"b", "a"}));
  std::vector<std::size_t> numbers;
  for (const SiteConfig& site : config.sites) numbers.push_back(access_log_of(site, files));
  EXPECT_EQ(numbers, (std::vector<std::size_t>{0, 1, 2, 1, 0, 0}));
}

TEST(SiteLogs, OneThatIsNotOpenIsTheServers) {
  EXPECT_EQ(access_log_of(config_with({"new"}).sites.front(), {"old"}), 0U);
}

TEST(SiteLogs, OneThatCannotBeOpenedIsNamed) {
  const Config config = config_with({"/nonexistent/a.log"});
  for (const auto& error : {SiteLogs::open(config).error(), SiteLogs::check(config).error()})
    EXPECT_TRUE(error.starts_with("log_file of a [[site]]: \"/nonexistent/a.log\" cannot be written; "))
        << error;
}

}  // namespace
}  // namespace bobbin::app

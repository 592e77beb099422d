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
  config.server.log_format = observe::AccessFormat::common;
  config.sites[2].log_format = observe::AccessFormat::json;
  const std::vector<SiteLogFile> files = site_log_files(config);
  EXPECT_EQ(files, (std::vector<SiteLogFile>{{"b", observe::AccessFormat::common},
                                             {"a", observe::AccessFormat::json}}));
  std::vector<std::size_t> numbers;
  for (const SiteConfig& site : config.sites) numbers.push_back(access_log_of(site, files));
  EXPECT_EQ(numbers, (std::vector<std::size_t>{0, 1, 2, 1, 0, 0}));
}

TEST(SiteLogs, OneThatIsNotOpenIsTheServers) {
  EXPECT_EQ(access_log_of(config_with({"new"}).sites.front(), {{"old", observe::AccessFormat::json}}), 0U);
}

TEST(SiteLogs, OneThatCannotBeOpenedIsNamed) {
  const Config config = config_with({"/nonexistent/a.log"});
  for (const auto& error : {SiteLogs::open(config).error(), SiteLogs::check(config).error()})
    EXPECT_TRUE(error.starts_with("log_file of a [[site]]: \"/nonexistent/a.log\" cannot be written; "))
        << error;
}

TEST(SiteLogs, AFormatIsThatOfAFileOfItsOwn) {
  Config config = config_with({""});
  config.sites.front().log_format = observe::AccessFormat::json;
  for (const auto& error : {SiteLogs::open(config).error(), SiteLogs::check(config).error()})
    EXPECT_TRUE(error.starts_with("log_format of a [[site]]: it is the format of its own log; a log_file "))
        << error;
  config = config_with({"/nonexistent/a.log", "/nonexistent/a.log"});
  config.sites.back().log_format = observe::AccessFormat::combined;
  for (const auto& error : {SiteLogs::open(config).error(), SiteLogs::check(config).error()})
    EXPECT_TRUE(
        error.starts_with("log_format of a [[site]]: sites with different formats write to "
                          "\"/nonexistent/a.log\"; "))
        << error;
}

}  // namespace
}  // namespace bobbin::app

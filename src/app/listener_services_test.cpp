#include "app/listener_services.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "observe/test_log.h"

namespace bobbin::app {
namespace {

using std::chrono::days;
using std::chrono::hours;

Config self_signed() {
  Config config;
  config.listeners.front().tls = Tls::self_signed;
  return config;
}

TEST(ListenerServices, WarnsOfTheEndOfACertificateOnceAtEachOfItsMoments) {
  observe::Registry registry;
  const Config config = self_signed();
  const auto services = ListenerServices::create(config, {Endpoint{}}, {0}, registry);
  ASSERT_TRUE(services) << services.error();
  ASSERT_EQ(registry.snapshot().families().size(), 1U);
  const WallTime end{
      std::chrono::seconds(static_cast<std::int64_t>(registry.snapshot().families()[0].samples[0].value))};
  struct Step {
    Duration before_end;
    std::string_view words;
  };
  const Step steps[] = {{days(22), ""},
                        {days(21), "expires in 21 days"},
                        {days(15), ""},
                        {days(7) - hours(1), "expires in 6 days"},
                        {hours(23), "expires in less than a day"},
                        {hours(1), ""},
                        {-hours(1), "has expired"},
                        {-days(2), ""}};
  for (const auto& [before_end, words] : steps) {
    observe::TestLog log;
    (*services)->follow(config, end - before_end, Instant{}, log.writer(""));
    const std::vector<std::string> lines = log.lines(observe::LogLevel::warning);
    ASSERT_EQ(lines.size(), words.empty() ? 0U : 1U) << before_end / hours(1);
    for (const std::string& line : lines) EXPECT_NE(line.find(words), std::string::npos) << line;
  }
}

TEST(ListenerServices, WhatWasSaidAtTheStartIsNotRepeated) {
  observe::Registry registry;
  const Config config = self_signed();
  const auto services = ListenerServices::create(config, {Endpoint{}}, {0}, registry);
  const WallTime later = wall_now() + days(85);
  EXPECT_EQ((*services)->take_warnings(later).size(), 1U);
  observe::TestLog log;
  (*services)->follow(config, later, Instant{}, log.writer(""));
  EXPECT_TRUE(log.lines(observe::LogLevel::warning).empty());
}

TEST(ListenerServices, RedirectsToThePortOfTheFirstListenerWithTls) {
  Config config;
  config.listeners.resize(3);
  config.listeners[0].redirects_to_https = true;
  config.listeners[1].tls = config.listeners[2].tls = Tls::self_signed;
  const auto at = [](std::uint16_t port) { return Endpoint{.port = port}; };
  observe::Registry registry;
  const auto services =
      ListenerServices::create(config, {at(80), at(8443), at(9443), at(10443)}, {0, 1, 1, 2}, registry);
  ASSERT_TRUE(services) << services.error();
  std::vector<server::Listener> listeners(4);
  (*services)->attach(listeners);
  EXPECT_EQ(listeners[0].service->rules.redirect_port, 8443);
  EXPECT_EQ(listeners[0].service->tls, nullptr);
  EXPECT_EQ(listeners[1].service, listeners[2].service);
  EXPECT_NE(listeners[3].service->tls, nullptr);
  using enum http::Scheme;
  EXPECT_EQ((*services)->schemes(), (std::vector{http, https, https, https}));
}

TEST(ListenerServices, WithoutAListenerWithTlsARedirectLeadsTo443) {
  Config config;
  config.listeners[0].redirects_to_https = true;
  observe::Registry registry;
  const auto services = ListenerServices::create(config, {Endpoint{.port = 8080}}, {0}, registry);
  std::vector<server::Listener> listeners(1);
  (*services)->attach(listeners);
  EXPECT_EQ(listeners[0].service->rules.redirect_port, 443);
}

}  // namespace
}  // namespace bobbin::app

#include <gtest/gtest.h>

#include "http/http1/session_driver.h"

// For whom a session's requests are made, when a proxy stands in front. What the fields mean is tested in
// client_claims_test.cpp.
namespace bobbin::http::http1 {
namespace {

class SessionClaims : public testing::Test {
 protected:
  SessionClaims() { driver.believe(trust); }
  void ask(std::string_view target, std::string_view fields) {
    driver.feed("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n");
  }
  const Endpoint client = *parse_address("203.0.113.7");
  ProxyTrust trust{.proxies = {*Network::parse("10.0.0.0/8")},
                   .scheme_from = ClaimField::x_forwarded,
                   .host_from = ClaimField::x_forwarded};
  SessionDriver driver;
};

TEST_F(SessionClaims, AreTheHandlersAndTheSummarys) {
  ask("/", "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b\r\n");
  EXPECT_EQ(driver.handler().clients, std::vector{client});
  EXPECT_EQ(driver.handler().schemes, std::vector{Scheme::https});
  EXPECT_EQ(driver.handler().authorities, std::vector<std::string>{"b"});
  ASSERT_EQ(driver.summaries.size(), 1U);
  EXPECT_EQ(driver.summaries[0].client, client);
  EXPECT_EQ(driver.summaries[0].log_fields.host, "b");
}

TEST_F(SessionClaims, BelongToOneRequestOnly) {
  ask("/", "X-Forwarded-For: 203.0.113.7\r\n");
  ask("/", "");
  ask("/", "X-Forwarded-For: 203.0.113.8\r\n");
  ASSERT_EQ(driver.summaries.size(), 3U);
  EXPECT_EQ(driver.summaries[0].client, client);
  EXPECT_EQ(driver.summaries[1].client, std::nullopt);
  EXPECT_EQ(driver.summaries[2].client, parse_address("203.0.113.8"));
  EXPECT_EQ(driver.handler().authorities, (std::vector<std::string>{"a", "a", "a"}));
}

TEST_F(SessionClaims, AreKeptForPreparedAndForLaterAnswers) {
  ask("/prepared", "X-Forwarded-For: 203.0.113.7\r\n");
  ask("/prepared", "X-Forwarded-For: 203.0.113.7\r\n");
  ask("/pending", "X-Forwarded-For: 203.0.113.7\r\n");
  driver.session().abort(Outcome::stopped, driver.now);
  ASSERT_EQ(driver.summaries.size(), 3U);
  for (const ExchangeSummary& summary : driver.summaries) EXPECT_EQ(summary.client, client);
}

TEST_F(SessionClaims, AboutAMalformedHostAreRefusedAsTheHostWouldBe) {
  ask("/", "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Host: a b\r\n");
  EXPECT_TRUE(driver.sent.starts_with("HTTP/1.1 400 ")) << driver.sent;
  EXPECT_TRUE(driver.handler().clients.empty());
  ASSERT_EQ(driver.summaries.size(), 1U);
  EXPECT_EQ(driver.summaries[0].client, client);
}

TEST_F(SessionClaims, AboutTheSchemeTakeThePlaceOfTheListeners) {
  const ListenerRules secured{.scheme = Scheme::https, .redirect_port = {}, .fields = {}};
  SessionDriver over_tls({}, secured);
  over_tls.believe(trust);
  over_tls.feed("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  over_tls.feed("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: http\r\n\r\n");
  EXPECT_EQ(over_tls.handler().schemes, (std::vector{Scheme::https, Scheme::http}));
  ask("/", "");
  EXPECT_EQ(driver.handler().schemes, std::vector{Scheme::http});
}

TEST_F(SessionClaims, ChangeNothingWithoutTrust) {
  SessionDriver plain;
  plain.feed("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Host: b c\r\n\r\n");
  EXPECT_EQ(plain.handler().clients, std::vector{*parse_address("10.0.0.1")});
  EXPECT_EQ(plain.handler().authorities, std::vector<std::string>{"a"});
  ASSERT_EQ(plain.summaries.size(), 1U);
  EXPECT_EQ(plain.summaries[0].client, std::nullopt);
}

}  // namespace
}  // namespace bobbin::http::http1

#include "limits/request_limit.h"

#include <gtest/gtest.h>

#include "http/test_filter.h"

namespace bobbin::limits {
namespace {

using namespace std::chrono_literals;

class RequestLimitTest : public testing::Test {
 protected:
  [[nodiscard]] std::optional<http::Response> ask(const RequestLimit& filter, unsigned worker = 0) const {
    return answer_of(filter, {.head = head, .local = local, .client = client, .worker = worker});
  }
  observe::Registry registry;
  http::RequestHead head;
  Endpoint local;
  Endpoint client = *parse_address("203.0.113.7");
};

TEST_F(RequestLimitTest, RefusesWithTheFieldsThatTellWhenToComeBack) {
  ClientLimits limits({.requests_per_second = 1, .burst = 60s});
  const RequestLimit filter(limits, registry, 2);
  for (int i = 0; i < 60; ++i) EXPECT_FALSE(ask(filter));
  const auto refused = ask(filter, 1);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, http::Status::too_many_requests);
  EXPECT_FALSE(refused->close);
  EXPECT_EQ(
      refused->fields,
      "Retry-After: 1\r\nRateLimit-Policy: \"requests\";q=60;w=60\r\nRateLimit: \"requests\";r=0;t=1\r\n");
  EXPECT_EQ(registry.total("bobbin_requests_limited_total", "reason=\"requests\""), 1U);
}

TEST_F(RequestLimitTest, TellsBytesFromRequests) {
  ClientLimits limits({.bytes_per_second = 10, .burst = 60s});
  const RequestLimit filter(limits, registry, 1);
  limits.sent(client, 900, monotonic_now());
  const auto refused = ask(filter);
  ASSERT_TRUE(refused);
  EXPECT_NE(refused->fields.find("RateLimit-Policy: \"bytes\";q=600;w=60;qu=\"content-bytes\"\r\n"),
            std::string::npos);
  EXPECT_NE(refused->fields.find("RateLimit: \"bytes\";r=0;t=30\r\n"), std::string::npos);
  EXPECT_EQ(registry.total("bobbin_requests_limited_total", "reason=\"bytes\""), 1U);
}

TEST_F(RequestLimitTest, CountsARequestOnceThatIsAskedAboutTwice) {
  ClientLimits limits({.requests_per_second = 1, .burst = 60s});
  const RequestLimit filter(limits, registry, 1);
  for (int i = 0; i < 60; ++i) {
    EXPECT_FALSE(ask(filter));
    EXPECT_FALSE(
        http::answer_of(filter, {.head = head, .local = local, .client = client, .is_asked_again = true}));
  }
  EXPECT_TRUE(ask(filter));
}

}  // namespace
}  // namespace bobbin::limits

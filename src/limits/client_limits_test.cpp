#include "limits/client_limits.h"

#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

namespace bobbin::limits {
namespace {

using namespace std::chrono_literals;

Endpoint at(std::string_view text) { return parse_address(text).value(); }
Endpoint numbered(std::uint32_t number) {
  Endpoint endpoint;
  for (unsigned i = 0; i < 4; ++i) endpoint.address[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  return endpoint;
}

class ClientLimitsTest : public testing::Test {
 protected:
  /// How many requests in a row are allowed now.
  static int allowed(ClientLimits& limits, const Endpoint& client, Instant now, int most = 1000) {
    int count = 0;
    while (count < most && !limits.request(client, now)) ++count;
    return count;
  }

  /// One more connection that stays until the test ends it. Whether it was allowed.
  bool hold(ClientLimits& limits, const Endpoint& of, Instant now) {
    auto place = limits.connect(of, now);
    if (place) places.push_back(*std::move(place));
    return place.has_value();
  }

  std::vector<Place> places;
  const Endpoint client = at("203.0.113.7");
  const Instant start{std::chrono::hours(1000)};
};

TEST_F(ClientLimitsTest, AQuietClientMayTakeTheBurstAtOnceAndThenTheRate) {
  ClientLimits limits({.requests_per_second = 5, .burst = 2s});
  EXPECT_EQ(allowed(limits, client, start), 10);
  EXPECT_EQ(allowed(limits, client, start + 1s), 5);
  EXPECT_EQ(allowed(limits, client, start + 1s + 199ms), 0);
  EXPECT_EQ(allowed(limits, client, start + 1s + 200ms), 1);
  EXPECT_EQ(allowed(limits, client, start + 1h), 10) << "it never gathers more than the burst";
}

TEST_F(ClientLimitsTest, SomePathsHaveALimitOfTheirOwn) {
  const LimitedPaths login{1}, search{2}, unknown{3};
  ClientLimits limits({.rates = {{login, {.requests_per_second = 1, .burst = 2s}},
                                 {search, {.requests_per_second = 5, .burst = 1s}}},
                       .exempt = {Network::parse("198.51.100.0/24").value()}},
                      start);
  const auto allowed_at = [&](LimitedPaths paths, const Endpoint& who) {
    int count = 0;
    while (count < 100 && !limits.request(who, paths, start)) ++count;
    return count;
  };
  EXPECT_EQ(allowed_at(login, client), 2);
  EXPECT_EQ(limits.request(client, login, start)->per_second, 1U);
  EXPECT_EQ(allowed_at(search, client), 5) << "each counts on its own";
  EXPECT_EQ(allowed_at(login, at("203.0.113.8")), 2) << "and so does each client";
  EXPECT_EQ(allowed_at(unknown, client), 100);
  EXPECT_EQ(allowed_at(login, at("198.51.100.1")), 100) << "an exempt one";
  EXPECT_EQ(allowed(limits, client, start, 100), 100) << "there is no limit for all paths";

  limits.replace(
      {.requests_per_second = 3, .burst = 1s, .rates = {{login, {.requests_per_second = 1, .burst = 2s}}}},
      start);
  EXPECT_EQ(allowed_at(login, client), 0) << "what has been counted stays";
  EXPECT_EQ(allowed_at(search, client), 100);
  EXPECT_EQ(allowed(limits, client, start), 3);
}

TEST_F(ClientLimitsTest, WhoWaitsAsLongAsIsSaidIsAllowed) {
  ClientLimits limits({.requests_per_second = 3, .burst = 1s});
  EXPECT_EQ(allowed(limits, client, start), 3);
  const auto refused = limits.request(client, start);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, ClientLimits::Kind::requests);
  EXPECT_GT(refused->wait, 0s);
  EXPECT_TRUE(limits.request(client, start + refused->wait - 1ns));
  EXPECT_FALSE(limits.request(client, start + refused->wait));
}

TEST_F(ClientLimitsTest, WhoIsRefusedIsNotChargedForIt) {
  ClientLimits limits({.requests_per_second = 1, .burst = 1s});
  EXPECT_EQ(allowed(limits, client, start), 1);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(limits.request(client, start + 500ms));
  EXPECT_FALSE(limits.request(client, start + 1s));
}

TEST_F(ClientLimitsTest, BytesAreMadeGoodAfterwards) {
  ClientLimits limits({.bytes_per_second = 1000, .burst = 2s});
  limits.sent(client, 2000, start);
  EXPECT_FALSE(limits.request(client, start)) << "that much was there";
  limits.sent(client, 3000, start);
  const auto refused = limits.request(client, start);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, ClientLimits::Kind::bytes);
  EXPECT_EQ(refused->wait, 3s);
  EXPECT_FALSE(limits.request(client, start + 3s));
}

TEST_F(ClientLimitsTest, TheDebtOfOneLargeAnswerIsBounded) {
  ClientLimits limits({.bytes_per_second = 1, .burst = 2s});
  limits.sent(client, UINT64_MAX, start);
  EXPECT_EQ(limits.request(client, start)->wait, 1min);
  ClientLimits fast({.bytes_per_second = 1ULL << 40, .burst = 2s});
  fast.sent(client, 1ULL << 42, start);
  EXPECT_EQ(fast.request(client, start)->wait, 2s);
}

TEST_F(ClientLimitsTest, ConnectionsAreCountedAtTheSameTime) {
  ClientLimits limits({.connections = 2});
  EXPECT_TRUE(hold(limits, client, start));
  EXPECT_TRUE(hold(limits, client, start));
  EXPECT_FALSE(hold(limits, client, start));
  EXPECT_TRUE(hold(limits, at("203.0.113.8"), start)) << "that is another client";
  places.pop_back();
  EXPECT_FALSE(hold(limits, client, start));
  places.pop_back();
  EXPECT_TRUE(hold(limits, client, start));
  EXPECT_FALSE(hold(limits, client, start));
  places.clear();
}

TEST_F(ClientLimitsTest, APlaceIsGivenBackOnce) {
  ClientLimits limits({.connections = 1});
  {
    const auto place = limits.connect(client, start);
    ASSERT_TRUE(place);
    EXPECT_FALSE(limits.connect(client, start));
  }
  auto place = limits.connect(client, start);
  ASSERT_TRUE(place);
  {
    Place moved(*std::move(place));
    EXPECT_TRUE(moved.release()) << "whoever releases it disconnects";
    EXPECT_FALSE(moved.release());
  }
  EXPECT_FALSE(limits.connect(client, start));
  limits.disconnect(client);
  EXPECT_TRUE(limits.connect(client, start));
}

TEST_F(ClientLimitsTest, PortsDoNotMatterAndIpv6ClientsAreTheir64) {
  ClientLimits limits({.connections = 1});
  Endpoint other_port = client;
  other_port.port = 9;
  EXPECT_TRUE(hold(limits, client, start));
  EXPECT_FALSE(hold(limits, other_port, start));
  EXPECT_TRUE(hold(limits, at("2001:db8:0:1::1"), start));
  EXPECT_FALSE(hold(limits, at("2001:db8:0:1:ffff::"), start));
  EXPECT_TRUE(hold(limits, at("2001:db8:0:2::1"), start));
  places.clear();
}

TEST_F(ClientLimitsTest, ConnectionsOfProxiesAreNotCountedButWhatTheyAskIs) {
  ClientLimits limits(
      {.connections = 1, .requests_per_second = 1, .burst = 1s, .proxies = {*Network::parse("10.0.0.0/8")}});
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limits.connect(at("10.1.2.3"), start));
  EXPECT_EQ(allowed(limits, at("10.1.2.3"), start), 1) << "in its own name";
}

TEST_F(ClientLimitsTest, OtherLimitsHoldFromNowOnForWhatHasBeenCounted) {
  ClientLimits limits({.connections = 2, .requests_per_second = 10, .burst = 10s}, start);
  EXPECT_TRUE(hold(limits, client, start));
  EXPECT_TRUE(hold(limits, client, start));
  EXPECT_EQ(allowed(limits, client, start, 60), 60);
  limits.replace({.connections = 3, .requests_per_second = 20, .burst = 10s}, start);
  EXPECT_TRUE(hold(limits, client, start));
  EXPECT_FALSE(hold(limits, client, start));
  EXPECT_EQ(allowed(limits, client, start), 140) << "60 of 200 were taken";
  limits.replace({.connections = 1, .requests_per_second = 1, .burst = 10s}, start);
  places.pop_back();
  EXPECT_FALSE(hold(limits, client, start)) << "it still has more than it may now";
  EXPECT_EQ(allowed(limits, client, start + 1s), 1) << "it has taken all that it may, and no more than that";
  places.clear();
  EXPECT_TRUE(hold(limits, client, start));
  places.clear();
}

TEST_F(ClientLimitsTest, ADebtOfBytesIsConvertedToTheNewRate) {
  ClientLimits limits({.bytes_per_second = 1000, .burst = 2s}, start);
  limits.sent(client, 42'000, start);
  limits.replace({.bytes_per_second = 10'000, .burst = 2s}, start);
  EXPECT_EQ(limits.request(client, start)->wait, 2200ms)
      << "42,000 bytes, of which 20,000 may be taken at once";
  limits.replace({.bytes_per_second = 1, .burst = 2s}, start);
  EXPECT_EQ(limits.request(client, start)->wait, 1min);
}

TEST_F(ClientLimitsTest, CountsOfConnectionsSurviveEveryChange) {
  ClientLimits limits({}, start);
  EXPECT_FALSE(limits.limits_connections());
  EXPECT_TRUE(hold(limits, client, start)) << "not counted, since nothing is limited";
  limits.replace({.connections = 1}, start);
  EXPECT_TRUE(limits.limits_connections());
  EXPECT_TRUE(hold(limits, client, start)) << "the first that is counted";
  EXPECT_FALSE(hold(limits, client, start));
  limits.replace({}, start);
  EXPECT_TRUE(hold(limits, client, start)) << "not counted";
  limits.replace({.connections = 1}, start);
  EXPECT_FALSE(hold(limits, client, start)) << "the one that was counted is still there";
  limits.replace({.connections = 1, .exempt = {*Network::parse("203.0.113.0/24")}}, start);
  EXPECT_TRUE(hold(limits, client, start)) << "not counted, since the client is exempt";
  places
      .clear();  // those that are not counted give nothing back, and the other one does although it is exempt
  limits.replace({.connections = 1}, start);
  EXPECT_TRUE(hold(limits, client, start));
  EXPECT_FALSE(hold(limits, client, start));
  places.clear();
}

TEST_F(ClientLimitsTest, AConnectionThatFoundNoRoomInTheTableIsNotGivenBack) {
  ClientLimits limits({.connections = 2}, start);
  // Each set is full of clients with a connection, so some further ones find no place.
  std::uint32_t number = 0x0B000000;
  for (std::size_t i = 0; i < 2 * ClientLimits::kClients; ++i)
    EXPECT_TRUE(hold(limits, numbered(++number), start));
  while (!places.empty()) places.pop_back();
  for (std::uint32_t i = 0x0B000001; i < 0x0B000064; ++i) {
    EXPECT_TRUE(hold(limits, numbered(i), start));
    EXPECT_TRUE(hold(limits, numbered(i), start));
    EXPECT_FALSE(hold(limits, numbered(i), start));
  }
  places.clear();
}

TEST_F(ClientLimitsTest, TheLimitsMayChangeWhileManyThreadsAsk) {
  ClientLimits limits({}, start);
  std::atomic<bool> over = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&, i] {
      while (!over) {
        const auto place =
            limits.connect(i == 0 ? client : numbered(0x0B000000U + static_cast<unsigned>(i)), start);
        static_cast<void>(limits.request(client, start));
        limits.sent(client, 1000, start);
      }
    });
  for (std::uint64_t i = 0; i < 100; ++i)
    limits.replace({.connections = i % 3, .requests_per_second = i % 2, .bytes_per_second = i % 5}, start);
  over = true;
  for (std::thread& thread : threads) thread.join();
  limits.replace({.connections = 1}, start);
  EXPECT_TRUE(hold(limits, client, start)) << "every place has been given back";
  EXPECT_FALSE(hold(limits, client, start));
  places.clear();
}

TEST_F(ClientLimitsTest, SomeAreExempt) {
  ClientLimits limits(
      {.connections = 1, .requests_per_second = 1, .burst = 1s, .exempt = {*Network::parse("10.0.0.0/8")}});
  const Endpoint unix_peer{.family = Endpoint::Family::unix_socket, .port = 1};
  for (const Endpoint& exempt : {at("10.1.2.3"), unix_peer}) {
    EXPECT_EQ(allowed(limits, exempt, start, 10), 10);
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(limits.connect(exempt, start));
  }
}

TEST_F(ClientLimitsTest, ALimitThatIsOffLimitsNothing) {
  ClientLimits limits({.connections = 1});
  EXPECT_EQ(allowed(limits, client, start, 10), 10);
  limits.sent(client, UINT64_MAX, start);
  EXPECT_EQ(allowed(limits, client, start, 10), 10);
}

TEST_F(ClientLimitsTest, AFloodOfAddressesTakesNoPlaceFromConnectionsAndForgetsTheQuietest) {
  ClientLimits limits({.connections = 1, .requests_per_second = 1, .burst = 5s});
  ASSERT_TRUE(hold(limits, client, start));
  // More clients than there is room for, each with one request.
  for (std::uint32_t i = 1; i <= 4 * ClientLimits::kClients; ++i)
    EXPECT_FALSE(limits.request(numbered(0x0B000000U + i), start));
  EXPECT_FALSE(hold(limits, client, start)) << "its connection is still counted";
  // One that has taken all it may is remembered before those that have taken little.
  const Endpoint greedy = at("198.51.100.1");
  EXPECT_EQ(allowed(limits, greedy, start), 5);
  for (std::uint32_t i = 1; i <= 4 * ClientLimits::kClients; ++i)
    static_cast<void>(limits.request(numbered(0x0C000000U + i), start));
  EXPECT_TRUE(limits.request(greedy, start));
  places.clear();
}

TEST_F(ClientLimitsTest, AreKeptByManyThreads) {
  ClientLimits limits({.connections = 64, .requests_per_second = 100, .burst = 1s});
  std::atomic<int> connected = 0;
  std::atomic<int> asked = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 100; ++j) {
        auto place = limits.connect(client, start);
        connected += place && place->release() ? 1 : 0;
        asked += limits.request(client, start) ? 0 : 1;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(connected, 64);
  EXPECT_EQ(asked, 100);
}

}  // namespace
}  // namespace bobbin::limits

#include "server/connection_table.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "http/http1/session_driver.h"

namespace bobbin::server {
namespace {

class Table : public testing::Test, public http::Services, public http::ReplySink {
 protected:
  ConnectionId add() { return connections.emplace(context, Arrival{}, Instant{}).id(); }

  WallTime date() const override { return {}; }
  std::string_view date_field() const override { return ""; }
  bool ends_connections() const override { return false; }
  bool is_stopping() const override { return false; }
  bool wants_log_fields() const override { return false; }
  Result<std::size_t> read_file(int, std::uint64_t, std::span<std::byte>) override { return std::size_t{0}; }
  void limit_exceeded(ConnectionId, std::string_view) override {}
  void content_sent(ConnectionId, const std::optional<Endpoint>&, std::uint64_t, Instant) override {}
  void exchange_ended(ConnectionId, const http::ExchangeSummary&, Instant) override {}
  void deliver(ConnectionId, ExchangeId, http::Response) override {}
  void resume(ConnectionId, ExchangeId) override {}

  std::vector<std::string> events;
  http::SessionSettings settings;
  http::http1::Session::Context context{settings, std::make_shared<http::RecordingHandler>(events), *this,
                                        *this};
  ConnectionTable connections;
};

TEST_F(Table, FindsEachById) {
  std::vector<ConnectionId> ids;
  for (int i = 0; i < 1000; ++i) ids.push_back(add());
  EXPECT_EQ(connections.size(), 1000U);
  for (const ConnectionId id : ids) {
    ASSERT_NE(connections.find(id), nullptr);
    EXPECT_EQ(connections.find(id)->id(), id);
  }
  EXPECT_EQ(connections.find({.slot = 1'000'000}), nullptr);
}

TEST_F(Table, AnIdIsNeverUsedTwice) {
  const ConnectionId first = add();
  connections.erase(first);
  EXPECT_EQ(connections.find(first), nullptr);
  const ConnectionId second = add();
  EXPECT_EQ(second.slot, first.slot) << "the place is";
  EXPECT_EQ(connections.find(first), nullptr);
  EXPECT_NE(connections.find(second), nullptr);
  EXPECT_EQ(connections.size(), 1U);
}

TEST_F(Table, StaysWhereItIsWhileOthersCome) {
  const ConnectionId id = add();
  const Connection* address = connections.find(id);
  for (int i = 0; i < 1000; ++i) add();
  EXPECT_EQ(connections.find(id), address);
}

TEST_F(Table, TheOneAtHandMayBeErased) {
  for (int i = 0; i < 200; ++i) add();
  std::set<std::uint32_t> seen;
  connections.for_each([&](Connection& connection) {
    EXPECT_TRUE(seen.insert(connection.id().slot).second);
    if (seen.size() % 2 == 0) connections.erase(connection.id());
  });
  EXPECT_EQ(seen.size(), 200U);
  EXPECT_EQ(connections.size(), 100U);
}

}  // namespace
}  // namespace bobbin::server

#include "server/rejected.h"

#include <array>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "os/epoll.h"
#include "os/process.h"
#include "server/test_loopback.h"

namespace bobbin::server {
namespace {

constexpr std::uint64_t kFirstTag = 100;
const Instant kNow{seconds(1000)};
constexpr Duration kLinger = seconds(2);
constexpr const char* kRequest = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

class RejectedTest : public ::testing::Test {
 protected:
  void add_next(Rejected& rejected, Instant now = kNow) {
    rejected.add(listener.accept().socket, epoll, now);
  }
  void handle_events(Rejected& rejected) {
    std::array<os::Event, os::Epoll::kMaximumEvents> events;
    for (const os::Event& event : epoll.wait(events, milliseconds(10))) EXPECT_TRUE(rejected.handle(event));
  }
  static void expect_whole_answer(const TestClient& client) {
    const auto [bytes, error] = client.receive_to_end();
    EXPECT_EQ(error, 0);
    EXPECT_EQ(bytes.substr(0, 12), "HTTP/1.1 503");
    EXPECT_NE(bytes.find("\r\nRetry-After: 5\r\n"), std::string::npos);
    EXPECT_NE(bytes.find("</html>"), std::string::npos);
  }

  os::Epoll epoll = *os::Epoll::create();
  TestListener listener;
};

TEST_F(RejectedTest, AnswersAndKeepsTheConnectionUntilItsClientHasClosed) {
  Rejected rejected("Server", kFirstTag, 8, kLinger);
  TestClient client(listener.bound);
  add_next(rejected);
  expect_whole_answer(client);
  EXPECT_FALSE(rejected.empty());
  client.close();
  while (!rejected.empty()) handle_events(rejected);
}

TEST_F(RejectedTest, ARequestThatComesAfterTheAnswerDoesNotResetIt) {
  Rejected rejected("Server", kFirstTag, 8, kLinger);
  const TestClient client(listener.bound);
  add_next(rejected);
  client.send(kRequest);
  handle_events(rejected);
  EXPECT_FALSE(rejected.empty());
  expect_whole_answer(client);
}

TEST_F(RejectedTest, ARequestThatWasThereIsTakenBeforeTheConnectionMustMakeRoom) {
  // RFC 9112 §9.6: to close over what has been sent resets the connection, and the answer may be lost.
  Rejected rejected("Server", kFirstTag, 1, kLinger);
  const TestClient first(listener.bound);
  first.send(kRequest);
  add_next(rejected);
  const TestClient second(listener.bound);
  second.send(kRequest);
  add_next(rejected);
  expect_whole_answer(first);
  expect_whole_answer(second);
}

TEST_F(RejectedTest, OneThatNeverClosesExpires) {
  Rejected rejected("Server", kFirstTag, 8, kLinger);
  const TestClient first(listener.bound);
  add_next(rejected, kNow);
  const TestClient second(listener.bound);
  add_next(rejected, kNow + seconds(1));
  rejected.expire(kNow + kLinger - milliseconds(1));
  const std::uint64_t both = os::open_descriptors();
  rejected.expire(kNow + kLinger);
  EXPECT_EQ(os::open_descriptors(), both - 1);
  EXPECT_FALSE(rejected.empty());
  rejected.expire(kNow + seconds(1) + kLinger);
  EXPECT_TRUE(rejected.empty());
}

TEST_F(RejectedTest, IsBounded) {
  for (const std::size_t maximum : {0U, 1U, 3U}) {
    SCOPED_TRACE(maximum);
    std::vector<std::unique_ptr<TestClient>> clients;
    const std::uint64_t before = os::open_descriptors();
    Rejected rejected("Server", kFirstTag, maximum, kLinger);
    for (int i = 0; i < 10; ++i) {
      clients.push_back(std::make_unique<TestClient>(listener.bound));
      add_next(rejected);
    }
    EXPECT_EQ(os::open_descriptors(), before + clients.size() + maximum);
    for (const auto& client : clients) expect_whole_answer(*client);
  }
}

}  // namespace
}  // namespace bobbin::server

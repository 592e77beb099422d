#include "server/pool.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/test_patience.h"
#include "observe/log.h"
#include "os/test_directory.h"
#include "server/test_hello.h"
#include "server/test_loopback.h"

namespace bobbin::server {
namespace {

using Admission = WorkerPool::Admission;

constexpr const char* kClosingRequest = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// Never knows what becomes of a request.
class NeverDecides final : public http::Handler {
 public:
  http::Begin begin(const http::Request&) const override {
    was_asked_ = true;
    return http::Undecided{.limit = std::chrono::hours(1)};
  }
  [[nodiscard]] bool was_asked() const { return was_asked_; }

 private:
  mutable std::atomic<bool> was_asked_ = false;
};

/// A pool of one worker with one place, and as many that may wait as a test says. The place is taken by a
/// client whose request never ends.
class PoolTest : public ::testing::Test {
 protected:
  void start(std::size_t queue) {
    settings.threads = 1;
    settings.queue = queue;
    pool = *WorkerPool::start(settings, handler, *log, registry, [] {});
    occupant = std::make_unique<TestClient>(listener.bound);
    occupant->send("GET / HT");
    ASSERT_EQ(admit_next(), Admission::assigned);
  }
  ~PoolTest() override {
    static_cast<void>(pool->shut_down());  // those who still wait go with it
    pool->stop_now();
    pool->join();
    log->stop();
  }

  Admission admit_next() {
    os::Accepted accepted = listener.accept();
    Arrival arrival{.socket = std::move(accepted.socket), .peer = accepted.peer, .local = listener.bound};
    return pool->admit(arrival, log->writer("test"));
  }
  /// A client that waits in the queue.
  std::unique_ptr<TestClient> queue_one() {
    auto client = std::make_unique<TestClient>(listener.bound);
    EXPECT_EQ(admit_next(), Admission::queued);
    return client;
  }
  Admission admit_another() {
    others.push_back(std::make_unique<TestClient>(listener.bound));
    return admit_next();
  }

  [[nodiscard]] static bool is_soon(const std::function<bool()>& condition) {
    const Instant deadline = end_of_patience();
    while (!condition() && monotonic_now() < deadline) std::this_thread::yield();
    return condition();
  }
  [[nodiscard]] bool is_empty_soon() const {
    return is_soon([this] { return pool->active() == 0; });
  }

  os::TestDirectory place;
  std::unique_ptr<observe::Log> log = *observe::Log::open({.file = place.path("log")});
  std::shared_ptr<const http::Handler> handler = std::make_shared<Hello>();
  observe::Registry registry;
  PoolSettings settings{.connections_per_thread = 1, .worker = {}};
  TestListener listener;
  std::unique_ptr<WorkerPool> pool;
  std::unique_ptr<TestClient> occupant;
  std::vector<std::unique_ptr<TestClient>> others;
};

TEST_F(PoolTest, RefusesWhenTheQueueIsFull) {
  start(2);
  const auto first = queue_one();
  const auto second = queue_one();
  EXPECT_EQ(admit_another(), Admission::refused);
  EXPECT_EQ(pool->waiting(), 2U);
}

TEST_F(PoolTest, RefusesOnceItIsShutDown) {
  start(2);
  static_cast<void>(pool->shut_down());
  EXPECT_EQ(admit_another(), Admission::refused);
}

TEST_F(PoolTest, WhoeverLeavesBeforeItIsDecidedGivesThePlaceBackAtOnce) {
  const auto asked = std::make_shared<NeverDecides>();
  handler = asked;
  start(1);
  occupant->send("TP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(is_soon([&] { return asked->was_asked(); }));
  occupant->abort();
  EXPECT_TRUE(is_empty_soon());
}

// CONTRACT §6: the status is logged when saturation begins and when it ends.
TEST_F(PoolTest, EachSaturationIsLogged) {
  start(1);
  for (int i = 0; i < 2; ++i) {
    auto waiting = queue_one();
    occupant->abort();
    waiting->send(kClosingRequest);
    EXPECT_EQ(waiting->receive_to_end().error, 0);
    waiting->close();
    ASSERT_TRUE(is_empty_soon());
    occupant = std::make_unique<TestClient>(listener.bound);
    occupant->send("GET / HT");
    ASSERT_EQ(admit_next(), Admission::assigned);
  }
  log->stop();
  const std::string lines = place.read("log");
  std::size_t begun = 0;
  std::size_t ended = 0;
  for (std::size_t at = 0; (at = lines.find("Thread pool status: ", at)) != std::string::npos; ++at)
    ++(lines.compare(at + 20, 3, "1/1") == 0 ? begun : ended);
  EXPECT_EQ(begun, 2U);
  EXPECT_EQ(ended, 2U);
}

// CONTRACT §6: while connections come or are open, and once when the last has gone.
TEST_F(PoolTest, WasInUseOnceMoreAfterItsLastConnection) {
  start(0);
  EXPECT_TRUE(pool->was_in_use());
  EXPECT_TRUE(pool->was_in_use());
  occupant->abort();
  ASSERT_TRUE(is_empty_soon());
  EXPECT_TRUE(pool->was_in_use());
  EXPECT_FALSE(pool->was_in_use());
}

TEST_F(PoolTest, HasEmptiedOnceAfterACrowd) {
  settings.connections_per_thread = 300;
  start(0);
  for (int i = 0; i < 299; ++i) ASSERT_EQ(admit_another(), Admission::assigned);
  EXPECT_FALSE(pool->has_emptied());
  others.clear();
  occupant->abort();
  ASSERT_TRUE(is_empty_soon());
  EXPECT_TRUE(pool->has_emptied());
  EXPECT_FALSE(pool->has_emptied()) << "until there has been a crowd again";
}

TEST_F(PoolTest, ClientsThatHaveLeftTheQueueGiveTheirPlacesUp) {
  start(2);
  const auto closed = queue_one();
  const auto reset = queue_one();
  closed->close();
  reset->abort();
  EXPECT_EQ(admit_another(), Admission::queued);
  EXPECT_EQ(pool->waiting(), 1U) << "both were found at once";
  EXPECT_EQ(admit_another(), Admission::queued);
  EXPECT_EQ(admit_another(), Admission::refused);
}

TEST_F(PoolTest, AResetBehindARequestIsNoticed) {
  start(1);
  const auto client = queue_one();
  client->send(kClosingRequest);
  client->abort();
  EXPECT_EQ(admit_another(), Admission::queued);
}

TEST_F(PoolTest, AClientThatHasFinishedBehindItsRequestKeepsItsPlace) {
  start(1);
  const auto client = queue_one();
  client->send(kClosingRequest);
  client->finish_sending();
  EXPECT_EQ(admit_another(), Admission::refused);
  occupant->abort();
  const auto received = client->receive_to_end();
  EXPECT_EQ(received.bytes.substr(0, 15), "HTTP/1.1 200 OK");
  EXPECT_EQ(received.error, 0);
}

TEST_F(PoolTest, ThoseWhoStayKeepTheirOrder) {
  start(4);
  const auto first = queue_one();
  const auto left = queue_one();
  const auto second = queue_one();
  const auto also_left = queue_one();
  left->close();
  also_left->close();
  EXPECT_EQ(admit_another(), Admission::queued);
  EXPECT_EQ(pool->waiting(), 3U);
  for (const auto* client : {&first, &second}) (*client)->send(kClosingRequest);
  others.back()->send(kClosingRequest);
  occupant->abort();
  for (const TestClient* client : {first.get(), second.get(), others.back().get()}) {
    EXPECT_EQ(client->receive_to_end().bytes.substr(0, 15), "HTTP/1.1 200 OK");
  }
  log->stop();
  const std::string lines = place.read("log");
  const auto served = [&](const TestClient& client) {
    return lines.find("Connection from 127.0.0.1:" + std::to_string(client.port()) + "\n");
  };
  EXPECT_LT(served(*first), served(*second));
  EXPECT_LT(served(*second), served(*others.back()));
  EXPECT_NE(served(*others.back()), std::string::npos);
}

}  // namespace
}  // namespace bobbin::server

#include "server/acceptor.h"

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include "observe/log.h"
#include "os/test_directory.h"
#include "server/test_hello.h"
#include "server/test_loopback.h"

namespace bobbin::server {
namespace {

// UBSan's check of an object's type asks a pipe whether the memory can be read: it needs two descriptors, and
// takes their absence for a wrong object. tests/fault lets descriptors run out under every build.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitizerNeedsDescriptors = true;
#else
constexpr bool kSanitizerNeedsDescriptors = false;
#endif

/// While it lives, no descriptor is free in this process but those that are closed meanwhile.
class DescriptorShortage {
 public:
  DescriptorShortage() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    // The lowest number that is free: all below it are taken.
    const os::Fd lowest_free(::dup(STDERR_FILENO));
    const rlimit limit{.rlim_cur = static_cast<rlim_t>(lowest_free.number()), .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  }
  ~DescriptorShortage() { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }

 private:
  rlimit before_{};
};

class AcceptorTest : public ::testing::Test {
 protected:
  AcceptorTest() {
    settings.threads = 1;
    pool = *WorkerPool::start(settings, handler, *log, registry, [] {});
    std::vector<Listener> listeners;
    listeners.push_back(*listen(*parse_address("127.0.0.1")));
    bound = listeners.front().bound;
    acceptor = std::make_unique<Acceptor>(
        *Acceptor::create(std::move(listeners), *pool, log->writer(""), registry,
                          {.server_name = "Server", .linger = std::chrono::hours(1)}));
  }
  ~AcceptorTest() override {
    static_cast<void>(pool->shut_down());
    pool->stop_now();
    pool->join();
    log->stop();
  }

  std::unique_ptr<TestClient> connect() { return std::make_unique<TestClient>(bound); }
  /// Lets the acceptor do its part until the client has an answer. Returns how that begins.
  std::string answer_to(const TestClient& client) {
    while (!client.has_news()) acceptor->poll(milliseconds(10));
    const auto [bytes, error] = client.receive_to_end();
    EXPECT_EQ(error, 0);
    return bytes.substr(0, 12);
  }
  std::string ask() {
    const auto client = connect();
    client->send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    return answer_to(*client);
  }
  std::size_t shortages_logged() {
    const std::string lines = place.read("log");
    std::size_t count = 0;
    for (std::size_t at = 0; (at = lines.find("Cannot accept connections", at)) != std::string::npos; ++at)
      ++count;
    return count;
  }

  os::TestDirectory place;
  std::unique_ptr<observe::Log> log = *observe::Log::open({.file = place.path("log")});
  std::shared_ptr<const Hello> handler = std::make_shared<Hello>();
  observe::Registry registry;
  PoolSettings settings;
  std::unique_ptr<WorkerPool> pool;
  std::unique_ptr<Acceptor> acceptor;
  Endpoint bound;
};

class ShortageTest : public AcceptorTest {
 protected:
  void SetUp() override {
    if (kSanitizerNeedsDescriptors) GTEST_SKIP() << "the sanitizer needs descriptors of its own";
  }
};

TEST_F(ShortageTest, EveryClientThatWaitsIsToldThatDescriptorsHaveRunOut) {
  ASSERT_EQ(ask(), "HTTP/1.1 200");
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(connect());
  const DescriptorShortage shortage;
  // None of them closes, nor do they expire: the one before holds the number that the next one needs.
  for (const auto& client : clients) EXPECT_EQ(answer_to(*client), "HTTP/1.1 503");
}

TEST_F(ShortageTest, TheSpareDescriptorIsThereAgainAfterAShortage) {
  for (int time = 0; time < 3; ++time) {
    ASSERT_EQ(ask(), "HTTP/1.1 200");
    const auto client = connect();
    {
      const DescriptorShortage shortage;
      EXPECT_EQ(answer_to(*client), "HTTP/1.1 503");
    }
  }
  log->stop();
  EXPECT_EQ(shortages_logged(), 3U) << "each shortage is logged, and once";
}

TEST_F(ShortageTest, OneShortageIsLoggedOnce) {
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(connect());
  {
    const DescriptorShortage shortage;
    for (const auto& client : clients) EXPECT_EQ(answer_to(*client), "HTTP/1.1 503");
  }
  EXPECT_EQ(registry.total("bobbin_connections_accepted_total"), 3U);
  EXPECT_EQ(registry.total("bobbin_connections_rejected_total"), 3U);
  log->stop();
  EXPECT_EQ(shortages_logged(), 1U);
}

TEST_F(AcceptorTest, AnswersThoseThatTheKernelHasAcceptedBeforeItCloses) {
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(connect());
    clients.back()->send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  }
  acceptor->stop_accepting();
  for (const auto& client : clients) EXPECT_EQ(answer_to(*client), "HTTP/1.1 200");
}

}  // namespace
}  // namespace bobbin::server

#include "auth/password_checker.h"

#include <gtest/gtest.h>
#include <map>
#include <thread>

#include "auth/test_hashes.h"
#include "executor/test_gate.h"

namespace bobbin::auth {
namespace {

using Verdict = PasswordChecker::Verdict;

/// Counts how often each exchange was resumed.
class Resumes final : public http::ReplySink {
 public:
  void deliver(ConnectionId, ExchangeId, http::Response) override {}
  void resume(ConnectionId, ExchangeId exchange) override {
    const Lock lock(mutex_);
    ++counts_[exchange];
    order_.push_back(exchange);
    changed_.notify_all();
  }
  void wait_for(ExchangeId exchange) {
    const Lock lock(mutex_);
    while (counts_[exchange] == 0) changed_.wait(mutex_);
  }
  /// All of them, in the order in which they were resumed.
  [[nodiscard]] std::vector<ExchangeId> order() {
    const Lock lock(mutex_);
    return order_;
  }
  [[nodiscard]] int count(ExchangeId exchange) {
    const Lock lock(mutex_);
    return counts_[exchange];
  }

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  std::map<ExchangeId, int> counts_;
  std::vector<ExchangeId> order_;
};

class PasswordCheckerTest : public testing::Test {
 protected:
  ~PasswordCheckerTest() override {
    gate_.open();
    shut_down();
  }
  void shut_down() {
    executor_.shut_down([] {});
    executor_.join();
  }
  Verdict check(const std::string& user, const std::string& password, std::uint64_t exchange = 1,
                std::string_view client = "192.0.2.1") {
    return checker_.check({.user = user, .password = password}, *parse_address(client),
                          http::Resume({&resumes_, ConnectionId{}, ExchangeId{exchange}}));
  }
  /// Asks again until it is known.
  Verdict known(const std::string& user, const std::string& password) {
    for (std::uint64_t exchange = next_++;; exchange = next_++) {
      const Verdict verdict = check(user, password, exchange);
      if (verdict != Verdict::not_known_yet) return verdict;
      resumes_.wait_for(ExchangeId{exchange});
    }
  }
  /// From now on no password is verified.
  void block() {
    EXPECT_TRUE(lane_.run([this] { gate_.pass(); }));
    EXPECT_TRUE(gate_.wait_for(1));
  }

  executor::Gate gate_;
  Resumes resumes_;
  executor::Executor executor_;
  executor::Lane& lane_ = executor_.lane(0, "test", {.parallel = 1});
  PasswordChecker checker_{PasswordFile::parse("alice:" + std::string(kBcrypt) + "\nbob:" + kSha512).value(),
                           lane_};
  std::uint64_t next_ = 1000;
};

TEST_F(PasswordCheckerTest, VerifiesOnceAndRemembers) {
  EXPECT_EQ(check("alice", "secret", 1), Verdict::not_known_yet);
  resumes_.wait_for(ExchangeId{1});
  EXPECT_EQ(check("alice", "secret"), Verdict::right);
  EXPECT_EQ(known("bob", "secret"), Verdict::right);
  EXPECT_EQ(known("alice", "Secret"), Verdict::wrong);
  EXPECT_EQ(known("carol", "secret"), Verdict::wrong) << "nobody has this name";
  EXPECT_EQ(known("alice", ""), Verdict::wrong);
  EXPECT_EQ(known("alic", "e:secret"), Verdict::wrong);
  block();
  EXPECT_EQ(check("alice", "secret"), Verdict::right);
  EXPECT_EQ(check("alice", "Secret"), Verdict::wrong);
  EXPECT_EQ(check("bob", "Secret"), Verdict::not_known_yet);
}

TEST_F(PasswordCheckerTest, ResumesAllWhoWaitForTheSameCredentials) {
  block();
  for (const std::uint64_t exchange : {1U, 2U, 3U})
    EXPECT_EQ(check("alice", "secret", exchange), Verdict::not_known_yet);
  EXPECT_EQ(resumes_.count(ExchangeId{1}), 0);
  gate_.open();
  for (const std::uint64_t exchange : {1U, 2U, 3U}) resumes_.wait_for(ExchangeId{exchange});
  EXPECT_EQ(check("alice", "secret"), Verdict::right);
}

TEST_F(PasswordCheckerTest, VerifiesNoMoreAtATimeThanItsLimits) {
  block();
  const auto network = [](std::size_t number) { return "2001:db8:" + std::to_string(number) + "::"; };
  std::size_t number = 0;
  for (; number < PasswordChecker::kMostWaitingOfClient; ++number)
    EXPECT_EQ(check("alice", std::to_string(number), 1, network(0) + std::to_string(number)),
              Verdict::not_known_yet);
  EXPECT_EQ(check("alice", "one more", 1, network(0)), Verdict::client_is_busy);
  EXPECT_EQ(check("alice", "0", 1, network(0)), Verdict::not_known_yet) << "it is being verified already";
  for (; number < PasswordChecker::kMostWaiting; ++number)
    EXPECT_EQ(check("alice", std::to_string(number), 1, network(number)), Verdict::not_known_yet);
  EXPECT_EQ(check("alice", "one more", 1, network(number)), Verdict::busy);
  gate_.open();
  while (check("alice", "0") == Verdict::not_known_yet) std::this_thread::yield();
  EXPECT_EQ(check("alice", "0"), Verdict::wrong);
}

TEST_F(PasswordCheckerTest, ServesTheClientsInTurns) {
  block();
  for (const std::uint64_t exchange : {1U, 2U, 3U})
    EXPECT_EQ(check("alice", std::to_string(exchange), exchange), Verdict::not_known_yet);
  EXPECT_EQ(check("bob", "secret", 4, "192.0.2.2"), Verdict::not_known_yet);
  EXPECT_EQ(check("bob", "Secret", 5, "192.0.2.2"), Verdict::not_known_yet);
  gate_.open();
  for (const std::uint64_t exchange : {1U, 2U, 3U, 4U, 5U}) resumes_.wait_for(ExchangeId{exchange});
  EXPECT_EQ(resumes_.order(),
            (std::vector{ExchangeId{1}, ExchangeId{4}, ExchangeId{2}, ExchangeId{5}, ExchangeId{3}}));
}

TEST_F(PasswordCheckerTest, ForgetsTheOldestOnly) {
  EXPECT_EQ(known("alice", "secret"), Verdict::right);
  // Passwords that no method takes cost nothing.
  const std::string longest(512, 'x');
  for (std::size_t i = 0; i <= PasswordChecker::kRemembered; ++i)
    EXPECT_EQ(known("alice", longest + std::to_string(i)), Verdict::wrong);
  block();
  EXPECT_EQ(check("alice", longest + "0"), Verdict::not_known_yet);
  EXPECT_EQ(check("alice", longest + "1"), Verdict::wrong);
  EXPECT_EQ(check("alice", "secret"), Verdict::right) << "wrong ones displace no right one";
}

TEST_F(PasswordCheckerTest, SaysSoWhenNothingCanBeVerified) {
  executor::Lane& none = executor_.lane(0, "none", {.waiting = 0});
  const PasswordChecker full(PasswordFile::parse("alice:" + std::string(kBcrypt)).value(), none);
  const http::Resume resume({&resumes_, ConnectionId{}, ExchangeId{7}});
  EXPECT_EQ(full.check({.user = "alice", .password = "secret"}, {}, resume), Verdict::busy);
  EXPECT_EQ(full.check({.user = "alice", .password = "secret"}, {}, resume), Verdict::busy)
      << "it has not been kept as waiting";
}

TEST_F(PasswordCheckerTest, MayBeDestroyedWhileItVerifies) {
  auto checker =
      std::make_unique<PasswordChecker>(PasswordFile::parse("alice:" + std::string(kBcrypt)).value(), lane_);
  block();
  EXPECT_EQ(checker->check({.user = "alice", .password = "secret"}, {},
                           http::Resume({&resumes_, ConnectionId{}, ExchangeId{5}})),
            Verdict::not_known_yet);
  checker.reset();
  gate_.open();
  resumes_.wait_for(ExchangeId{5});
}

}  // namespace
}  // namespace bobbin::auth

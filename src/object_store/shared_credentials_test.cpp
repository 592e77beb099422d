#include "object_store/shared_credentials.h"

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <thread>
#include <vector>

namespace bobbin::object_store {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using Kind = Trouble::Kind;

bool never() { return false; }

/// Issues "1", "2", and so on, by a clock that stands still.
class SharedCredentialsTest : public testing::Test {
 protected:
  /// The number of the credentials, or of a failure its reason.
  std::string get(const Credentials* refused = nullptr) {
    const auto got = shared_.get(refused, never);
    return got ? got->key_id : got.error().reason;
  }
  std::string get_others_than(const std::string& number) {
    const Credentials refused{.key_id = number, .secret = "secret"};
    return get(&refused);
  }

  Instant now_{hours(1000)};
  std::optional<Duration> lifetime_;
  std::optional<Kind> fails_;
  int asked_ = 0;

 private:
  Result<IssuedCredentials, Trouble> issue() {
    ++asked_;
    if (fails_) return failure(Trouble{.kind = *fails_, .reason = "trouble"});
    return IssuedCredentials{.credentials = {.key_id = std::to_string(asked_), .secret = "secret"},
                             .lifetime = lifetime_};
  }
  SharedCredentials shared_{[this](const auto&) { return issue(); }, [this] { return now_; }};
};

TEST_F(SharedCredentialsTest, AreIssuedWhenSomebodyAsksAndKept) {
  EXPECT_EQ(asked_, 0);
  EXPECT_EQ(get(), "1");
  now_ += hours(10'000);
  EXPECT_EQ(get(), "1");
}

TEST_F(SharedCredentialsTest, AreRenewedFiveMinutesBeforeTheirEnd) {
  lifetime_ = hours(6);
  EXPECT_EQ(get(), "1");
  now_ += hours(6) - minutes(5) - seconds(1);
  EXPECT_EQ(get(), "1");
  now_ += seconds(1);
  EXPECT_EQ(get(), "2");
  EXPECT_EQ(get(), "2");
}

// The clock of this machine may be ahead, by whatever is left or less.
TEST_F(SharedCredentialsTest, HoldUntilOthersMayBeAskedForHoweverLittleIsLeft) {
  for (const auto left : {milliseconds(1), milliseconds(400), milliseconds(1000)}) {
    lifetime_ = left;
    const std::string number = get();
    now_ += milliseconds(999);
    EXPECT_EQ(get(), number) << left.count();
    now_ += milliseconds(1);
    EXPECT_NE(get(), number) << left.count();
    now_ += seconds(1);
  }
}

TEST_F(SharedCredentialsTest, AreRenewedAfterHalfOfAShortLife) {
  lifetime_ = seconds(8);
  EXPECT_EQ(get(), "1");
  now_ += milliseconds(3999);
  EXPECT_EQ(get(), "1");
  now_ += milliseconds(1);
  EXPECT_EQ(get(), "2");
  lifetime_ = milliseconds(1500);
  now_ += seconds(4);
  EXPECT_EQ(get(), "3");
  now_ += milliseconds(999);
  EXPECT_EQ(get(), "3") << "not more often than once a second";
  now_ += milliseconds(1);
  EXPECT_EQ(get(), "4");
}

TEST_F(SharedCredentialsTest, AreUsedUntilTheirEndWhenTheyCannotBeRenewed) {
  lifetime_ = hours(1);
  EXPECT_EQ(get(), "1");
  fails_ = Kind::unavailable;
  now_ += minutes(55);
  EXPECT_EQ(get(), "1");
  EXPECT_EQ(asked_, 2);
  now_ += minutes(2);
  EXPECT_EQ(get(), "1");
  EXPECT_EQ(asked_, 2) << "again after half of the time that is left";
  now_ += seconds(30);
  EXPECT_EQ(get(), "1");
  EXPECT_EQ(asked_, 3);
  now_ += minutes(2) + seconds(29);
  EXPECT_EQ(get(), "1");
  now_ += seconds(1);
  EXPECT_EQ(get(), "trouble");
  fails_.reset();
  now_ += SharedCredentials::kPause;
  EXPECT_EQ(get(), "6");
}

TEST_F(SharedCredentialsTest, AreNotAskedForAgainAtOnceWhereThereAreNone) {
  fails_ = Kind::refused;
  EXPECT_EQ(get(), "trouble");
  EXPECT_EQ(get(), "trouble");
  EXPECT_EQ(asked_, 1);
  now_ += SharedCredentials::kPause;
  EXPECT_EQ(get(), "trouble");
  EXPECT_EQ(asked_, 2);
}

TEST_F(SharedCredentialsTest, AreUsedWhereTheClockOfThisMachineSaysThatTheyHaveEnded) {
  lifetime_ = -hours(1);
  EXPECT_EQ(get(), "1");
  now_ += minutes(4);
  EXPECT_EQ(get(), "1");
  now_ += minutes(1);
  EXPECT_EQ(get(), "2");
  fails_ = Kind::unavailable;
  now_ += minutes(5);
  EXPECT_EQ(get(), "2") << "the old ones, for want of others";
  EXPECT_EQ(get(), "2");
  EXPECT_EQ(asked_, 3);
}

TEST_F(SharedCredentialsTest, AreReadAgainEachTimeThatTheyAreRefused) {
  EXPECT_EQ(get(), "1");
  EXPECT_EQ(get_others_than("1"), "2");
  EXPECT_EQ(get_others_than("2"), "3");
  EXPECT_EQ(get_others_than("1"), "3") << "there are others by now";
  fails_ = Kind::refused;
  EXPECT_EQ(get_others_than("3"), "3") << "a file that cannot be read, and for which nobody waits";
  EXPECT_EQ(get(), "3");
  EXPECT_EQ(asked_, 4);
}

TEST_F(SharedCredentialsTest, AreNotIssuedAtEachRefusalWhereTheyAreTemporary) {
  lifetime_ = hours(6);
  EXPECT_EQ(get(), "1");
  EXPECT_EQ(get_others_than("1"), "1");
  now_ += SharedCredentials::kRefusedPause;
  EXPECT_EQ(get_others_than("1"), "2");
  EXPECT_EQ(get_others_than("2"), "2");
  now_ += SharedCredentials::kRefusedPause;
  fails_ = Kind::unavailable;
  EXPECT_EQ(get_others_than("2"), "2");
  EXPECT_EQ(get_others_than("2"), "2");
  EXPECT_EQ(asked_, 3);
}

TEST_F(SharedCredentialsTest, AreAskedForAgainWhenWhoeverAskedHasBeenAborted) {
  fails_ = Kind::aborted;
  EXPECT_EQ(get(), "trouble");
  fails_.reset();
  EXPECT_EQ(get(), "2");
}

/// Issues when it is told to.
struct Slow {
  std::atomic<int> asked = 0;
  std::atomic<bool> may_issue = false;
  std::atomic<bool> is_first = true;
  Instant now{hours(1)};
  SharedCredentials shared{[this](const auto&) -> Result<IssuedCredentials, Trouble> {
                             ++asked;
                             asked.notify_all();
                             if (!is_first.exchange(false)) may_issue.wait(false);
                             return IssuedCredentials{.credentials = {.key_id = std::to_string(asked)},
                                                      .lifetime = hours(1)};
                           },
                           [this] { return now; }};
};

TEST(SharedCredentialsAmongThreads, AreIssuedOnceForAllWhoAsk) {
  Slow slow;
  slow.is_first = false;
  std::atomic<int> got = 0;
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] { got += slow.shared.get(nullptr, never)->key_id == "1" ? 1 : 0; });
  slow.asked.wait(0);
  slow.may_issue = true;
  slow.may_issue.notify_all();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(got, 8);
  EXPECT_EQ(slow.asked, 1);
}

TEST(SharedCredentialsAmongThreads, AreUsedWhileOneThreadRenewsThem) {
  Slow slow;
  EXPECT_EQ(slow.shared.get(nullptr, never)->key_id, "1");
  slow.now += minutes(56);
  std::thread renewing([&] { EXPECT_EQ(slow.shared.get(nullptr, never)->key_id, "2"); });
  slow.asked.wait(1);
  EXPECT_EQ(slow.shared.get(nullptr, never)->key_id, "1");
  slow.may_issue = true;
  slow.may_issue.notify_all();
  renewing.join();
  EXPECT_EQ(slow.shared.get(nullptr, never)->key_id, "2");
}

}  // namespace
}  // namespace bobbin::object_store

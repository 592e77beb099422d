#include "executor/executor.h"

#include <atomic>
#include <filesystem>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "executor/test_gate.h"

namespace bobbin::executor {
namespace {

using ::testing::ElementsAre;

constexpr std::uint64_t kDevice = 1;
constexpr std::uint64_t kOtherDevice = 2;

/// The threads of this program now.
std::ptrdiff_t threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

class ExecutorTest : public ::testing::Test {
 protected:
  ~ExecutorTest() override {
    if (!is_shut_down_) shut_down();
  }
  /// Shuts the executor down and waits for its threads. A test calls it at its end when its tasks refer to
  /// the test's variables.
  void shut_down() {
    is_shut_down_ = true;
    std::promise<void> ended;
    executor_.shut_down([&] { ended.set_value(); });
    ended.get_future().wait();
    executor_.join();
  }
  Lane& lane(Lane::Limits limits, std::uint64_t device = kDevice, std::string_view purpose = "test") {
    return executor_.lane(device, purpose, limits);
  }
  /// Waits until the tasks that were added to this lane so far have begun. The lane must run one at a time.
  static void drain(Lane& lane) {
    const auto done = std::make_shared<std::promise<void>>();
    ASSERT_TRUE(lane.run([done] { done->set_value(); }));
    done->get_future().wait();
  }

  Executor executor_;
  bool is_shut_down_ = false;
};

TEST_F(ExecutorTest, RunsTasksInTheirOrder) {
  Lane& one_at_a_time = lane({.parallel = 1});
  std::vector<int> order;
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(one_at_a_time.run([&order, i] { order.push_back(i); }));
  drain(one_at_a_time);
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

TEST_F(ExecutorTest, ATaskMayHoldWhatCanOnlyBeMoved) {
  std::promise<int> told;
  ASSERT_TRUE(lane({}).run([value = std::make_unique<int>(7), &told] { told.set_value(*value); }));
  EXPECT_EQ(told.get_future().get(), 7);
  shut_down();
}

TEST_F(ExecutorTest, RunsNoMoreTasksOfALaneAtATimeThanItsLimit) {
  Gate gate;
  Lane& three = lane({.parallel = 3});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(three.run([&] { gate.pass(); }));
  ASSERT_TRUE(gate.wait_for(3));
  // If there were no limit, the tasks of another lane, which are run after these, would show it.
  drain(lane({.parallel = 1}, kOtherDevice));
  EXPECT_EQ(gate.arrived(), 3U);
  gate.open();
  EXPECT_TRUE(gate.wait_for(10));
  shut_down();
}

TEST_F(ExecutorTest, ADeviceThatHangsHoldsUpNoOther) {
  Gate hung;
  Lane& hanging = lane({.parallel = 4});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(hanging.run([&] { hung.pass(); }));
  ASSERT_TRUE(hung.wait_for(4));
  for (std::uint64_t device = 2; device <= 3 * Executor::kDevicesPerPurpose; ++device) {
    Lane& other = executor_.lane(device, "test", {});
    if (&other != &hanging) drain(other);
  }
  drain(lane({}, kDevice, "another purpose"));
  hung.open();
  EXPECT_TRUE(hung.wait_for(100));
  shut_down();
}

TEST_F(ExecutorTest, GivesTheSameLaneForTheSameDeviceAndPurpose) {
  Lane& first = lane({});
  EXPECT_EQ(&first, &lane({}));
  EXPECT_NE(&first, &lane({}, kOtherDevice));
  EXPECT_NE(&first, &lane({}, kDevice, "another purpose"));
}

TEST_F(ExecutorTest, BoundsItsLanes) {
  std::set<Lane*> lanes;
  for (std::uint64_t device = 0; device < 10 * Executor::kDevicesPerPurpose; ++device)
    lanes.insert(&lane({}, device));
  EXPECT_EQ(lanes.size(), Executor::kDevicesPerPurpose);
}

TEST_F(ExecutorTest, RefusesWhatALaneHasNoRoomFor) {
  Gate gate;
  Lane& small = lane({.parallel = 1, .waiting = 2});
  ASSERT_TRUE(small.run([&] { gate.pass(); }));
  ASSERT_TRUE(gate.wait_for(1));
  EXPECT_TRUE(small.run([&] { gate.pass(); }));
  EXPECT_TRUE(small.run([&] { gate.pass(); }));
  auto held = std::make_shared<int>();
  EXPECT_FALSE(small.run([held] {}));
  EXPECT_EQ(held.use_count(), 1) << "what is refused is dropped";
  gate.open();
  ASSERT_TRUE(gate.wait_for(3));
  shut_down();
}

TEST_F(ExecutorTest, DropsWhatNobodyWantsAnyMore) {
  Gate gate;
  Lane& small = lane({.parallel = 1, .waiting = 2});
  ASSERT_TRUE(small.run([&] { gate.pass(); }));
  ASSERT_TRUE(gate.wait_for(1));
  auto gone = std::make_shared<int>();
  const auto staying = std::make_shared<int>();
  std::vector<std::string> ran;
  ASSERT_TRUE(small.run_for(gone, [&] { ran.emplace_back("gone"); }));
  ASSERT_TRUE(small.run_for(staying, [&] { ran.emplace_back("staying"); }));
  EXPECT_FALSE(small.run([] {}));
  gone.reset();
  std::promise<void> last;
  EXPECT_TRUE(small.run([&] { last.set_value(); })) << "there is room again";
  gate.open();
  last.get_future().wait();
  shut_down();
  EXPECT_THAT(ran, ElementsAre("staying"));
}

TEST_F(ExecutorTest, ALaneWithoutALimitDropsWhatNobodyWantsAnyMore) {
  Gate gate;
  Lane& endless = lane({.parallel = 1, .waiting = std::numeric_limits<std::size_t>::max()});
  ASSERT_TRUE(endless.run([&] { gate.pass(); }));
  ASSERT_TRUE(gate.wait_for(1));
  const auto staying = std::make_shared<int>();
  const auto held = std::make_shared<int>();
  int ran = 0;
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(endless.run_for(staying, [&ran, held] { ++ran; }));
  EXPECT_EQ(held.use_count(), 1 + 2000);
  for (int i = 0; i < 20'000; ++i) {
    const auto gone = std::make_shared<int>();
    ASSERT_TRUE(endless.run_for(gone, [&ran, held] { ++ran; }));
    ASSERT_LE(held.use_count(), 1 + 2 * 2000) << "after " << i;
  }
  gate.open();
  drain(endless);
  shut_down();
  EXPECT_EQ(ran, 2000);
}

TEST_F(ExecutorTest, DropsInItsTurnWhatNobodyWantsAnyMore) {
  Gate gate;
  Lane& one_at_a_time = lane({.parallel = 1});
  ASSERT_TRUE(one_at_a_time.run([&] { gate.pass(); }));
  auto owner = std::make_shared<int>();
  bool ran = false;
  ASSERT_TRUE(one_at_a_time.run_for(owner, [&] { ran = true; }));
  owner.reset();
  gate.open();
  drain(one_at_a_time);
  shut_down();
  EXPECT_FALSE(ran);
}

TEST_F(ExecutorTest, StartsThreadsWhenTheyAreNeeded) {
  std::thread([] {}).join();  // a sanitizer starts a thread of its own with the first one
  const auto before = threads();
  Lane& four = lane({.parallel = 4});
  EXPECT_LE(threads(), before);
  for (int i = 0; i < 20; ++i) {
    drain(four);
    EXPECT_LE(threads(), before + 4)
        << "those that ran the last tasks may not be idle again, but 20 are too many";
  }
  Gate gate;
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(four.run([&] { gate.pass(); }));
  ASSERT_TRUE(gate.wait_for(4));
  EXPECT_LE(threads(), before + 4 + 1);
  gate.open();
  EXPECT_TRUE(gate.wait_for(20));
  shut_down();
}

TEST_F(ExecutorTest, AtTheEndRunsOrDropsWhatWaitsAsItsLaneSays) {
  Gate gate;
  Lane& dropping = lane({.parallel = 1});
  Lane& finishing = lane({.parallel = 1, .runs_at_shut_down = true}, kOtherDevice);
  ASSERT_TRUE(dropping.run([&] { gate.pass(); }));
  ASSERT_TRUE(finishing.run([&] { gate.pass(); }));
  ASSERT_TRUE(gate.wait_for(2));
  auto dropped = std::make_shared<int>();
  std::vector<std::string> ran;
  bool refused = false;
  ASSERT_TRUE(dropping.run([&ran, dropped] { ran.emplace_back("dropped"); }));
  ASSERT_TRUE(finishing.run([&] {
    ran.emplace_back("waiting");
    refused = !dropping.run([] {});
    if (!finishing.run([&] { ran.emplace_back("added by a task"); })) ran.emplace_back("refused");
  }));
  std::promise<void> ended;
  is_shut_down_ = true;
  executor_.shut_down([&] { ended.set_value(); });
  EXPECT_EQ(dropped.use_count(), 1);
  auto has_ended = ended.get_future();
  EXPECT_EQ(has_ended.wait_for(seconds(0)), std::future_status::timeout) << "tasks still run";
  gate.open();
  has_ended.wait();
  executor_.join();
  EXPECT_THAT(ran, ElementsAre("waiting", "added by a task"));
  EXPECT_TRUE(refused);
  EXPECT_FALSE(finishing.run([] {}));
}

TEST_F(ExecutorTest, EndsAtOnceWhenItWasNeverUsed) {
  is_shut_down_ = true;
  Lane& finishing = lane({.runs_at_shut_down = true});
  bool ended = false;
  executor_.shut_down([&] { ended = true; });
  EXPECT_TRUE(ended);
  EXPECT_FALSE(finishing.run([] {}));
  executor_.join();
}

TEST_F(ExecutorTest, EndsEveryIdleThread) {
  std::thread([] {}).join();
  const auto before = threads();
  Gate gate;
  Lane& eight = lane({.parallel = 8});
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(eight.run([&] { gate.pass(); }));
  ASSERT_TRUE(gate.wait_for(8));
  gate.open();
  shut_down();
  // The kernel may count a thread for a moment longer that has been joined.
  while (threads() > before) std::this_thread::yield();
}

// A lost wake-up would leave a task waiting for ever, and the test would not end.
TEST_F(ExecutorTest, ForgetsNoTaskWhenManyThreadsAddThem) {
  constexpr int kAdders = 4;
  constexpr int kRounds = 1000;
  std::vector<std::thread> adders;
  for (std::uint64_t adder = 0; adder < kAdders; ++adder) {
    adders.emplace_back([this, adder] {
      Lane& shared = executor_.lane(adder % 3, "test", {.parallel = 2});
      for (int round = 0; round < kRounds; ++round) {
        const int tasks = 1 + round % 5;
        const auto left = std::make_shared<std::atomic<int>>(tasks);
        for (int i = 0; i < tasks; ++i)
          ASSERT_TRUE(shared.run([left] {
            if (--*left == 0) left->notify_all();
          }));
        for (int now = *left; now != 0; now = *left) left->wait(now);
      }
    });
  }
  for (std::thread& adder : adders) adder.join();
}

}  // namespace
}  // namespace bobbin::executor

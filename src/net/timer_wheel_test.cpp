#include "net/timer_wheel.h"

#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <vector>

namespace bobbin::net {
namespace {

const Instant kStart{seconds(1000)};

std::vector<Timer*> all_expired(TimerWheel& wheel, Instant now) {
  std::vector<Timer*> found;
  while (Timer* timer = wheel.expired(now)) found.push_back(timer);
  return found;
}

TEST(TimerWheel, IsNeverEarlyAndAtMostOneTickLate) {
  TimerWheel wheel(kStart);
  Timer timer;
  wheel.set(timer, kStart + milliseconds(1000));
  EXPECT_TRUE(all_expired(wheel, kStart + milliseconds(999)).empty());
  EXPECT_EQ(all_expired(wheel, kStart + milliseconds(1000) + TimerWheel::kTick), std::vector{&timer});
  EXPECT_EQ(wheel.until_next(kStart), std::nullopt);
}

TEST(TimerWheel, ALaterDeadlineCountsWithoutMovingTheTimer) {
  TimerWheel wheel(kStart);
  Timer timer;
  wheel.set(timer, kStart + seconds(1));
  wheel.set(timer, kStart + seconds(3));
  EXPECT_TRUE(all_expired(wheel, kStart + seconds(2)).empty());
  EXPECT_EQ(all_expired(wheel, kStart + seconds(4)).size(), 1U);
}

TEST(TimerWheel, AnEarlierDeadlineCounts) {
  TimerWheel wheel(kStart);
  Timer timer;
  wheel.set(timer, kStart + seconds(30));
  wheel.set(timer, kStart + seconds(1));
  EXPECT_EQ(all_expired(wheel, kStart + seconds(2)).size(), 1U);
}

TEST(TimerWheel, ADeadlineBeyondTheWheelWaitsForItsTime) {
  TimerWheel wheel(kStart);
  Timer timer;
  wheel.set(timer, kStart + seconds(1000));
  for (int second = 1; second < 1000; ++second)
    ASSERT_TRUE(all_expired(wheel, kStart + seconds(second)).empty()) << second;
  EXPECT_EQ(all_expired(wheel, kStart + seconds(1001)).size(), 1U);
}

TEST(TimerWheel, ALongPauseCostsNoMoreThanOneTurn) {
  TimerWheel wheel(kStart);
  Timer due;
  wheel.set(due, kStart + seconds(5));
  // A century holds 5 * 10^10 ticks.
  const Instant later = kStart + std::chrono::hours(24 * 365 * 100);
  Timer not_due;
  wheel.set(not_due, later + seconds(1));
  EXPECT_EQ(all_expired(wheel, later), std::vector{&due});
  EXPECT_EQ(wheel.expired(later), nullptr);
  EXPECT_EQ(all_expired(wheel, later + seconds(2)), std::vector{&not_due});
}

TEST(TimerWheel, NeverAndDestructionTakeATimerOff) {
  TimerWheel wheel(kStart);
  Timer never;
  wheel.set(never, kStart + seconds(1));
  wheel.set(never, kNever);
  {
    Timer gone;
    wheel.set(gone, kStart + seconds(1));
  }
  EXPECT_TRUE(all_expired(wheel, kStart + seconds(5)).empty());
}

TEST(TimerWheel, SaysHowLongToWait) {
  TimerWheel wheel(kStart);
  EXPECT_EQ(wheel.until_next(kStart), std::nullopt);
  Timer late;
  Timer soon;
  wheel.set(late, kStart + seconds(20));
  wheel.set(soon, kStart + seconds(2));
  const auto wait = wheel.until_next(kStart);
  ASSERT_TRUE(wait.has_value());
  EXPECT_GE(*wait, seconds(2));
  EXPECT_LE(*wait, seconds(2) + TimerWheel::kTick);
  wheel.set(soon, kNever);
  EXPECT_GE(*wheel.until_next(kStart), seconds(20));
  wheel.set(soon, kStart + seconds(1));
  EXPECT_LE(*wheel.until_next(kStart), seconds(1) + TimerWheel::kTick);
}

TEST(TimerWheel, AgreesWithAPlainListOfDeadlines) {
  TimerWheel wheel(kStart);
  std::mt19937 random(1);
  struct Tracked {
    Timer timer;
    Instant deadline = kNever;
  };
  std::vector<std::unique_ptr<Tracked>> tracked;
  for (int i = 0; i < 200; ++i) tracked.push_back(std::make_unique<Tracked>());
  Instant now = kStart;
  for (int step = 0; step < 5000; ++step) {
    auto& chosen = *tracked[random() % tracked.size()];
    chosen.deadline = now + milliseconds(random() % 90'000);
    wheel.set(chosen.timer, chosen.deadline);
    now += milliseconds(random() % 40);
    while (Timer* timer = wheel.expired(now)) {
      for (auto& each : tracked) {
        if (&each->timer != timer) continue;
        ASSERT_LE(each->deadline, now);
        each->deadline = kNever;
      }
    }
    for (auto& each : tracked)
      ASSERT_TRUE(each->deadline == kNever || each->deadline + TimerWheel::kTick >= now) << "missed";
  }
}

}  // namespace
}  // namespace bobbin::net

#include "observe/doorbell.h"

#include <gtest/gtest.h>
#include <thread>

namespace bobbin::observe {
namespace {

// A lost wake-up shows as a test that never ends: the writer waits for each of its entries to be taken.
TEST(Doorbell, WakesASleeperForEveryEntry) {
  Doorbell doorbell;
  std::atomic<int> published{0};
  std::atomic<int> taken{0};
  constexpr int kEntries = 20'000;
  std::thread sleeper([&] {
    while (taken.load() < kEntries) {
      taken.store(published.load());
      if (taken.load() == kEntries) return;
      doorbell.sleep([&] { return published.load() != taken.load(); });
    }
  });
  for (int i = 1; i <= kEntries; ++i) {
    published.store(i);
    doorbell.ring(false);
    while (taken.load() < i) std::this_thread::yield();
  }
  sleeper.join();
  EXPECT_EQ(taken.load(), kEntries);
}

TEST(Doorbell, DisturbsANapOnlyWhenUrgent) {
  Doorbell doorbell;
  std::atomic<bool> is_urgent{false};
  std::atomic<bool> is_over{false};
  std::thread napper([&] {
    doorbell.nap(std::chrono::hours(1), [&] { return is_urgent.load(); });
    is_over.store(true);
  });
  for (int i = 0; i < 1000; ++i) {
    doorbell.ring(false);
    std::this_thread::yield();
  }
  EXPECT_FALSE(is_over.load());
  is_urgent.store(true);
  doorbell.ring(true);
  napper.join();
}

TEST(Doorbell, ANapEndsByItself) {
  Doorbell doorbell;
  const Instant start = monotonic_now();
  doorbell.nap(milliseconds(1), [] { return false; });
  EXPECT_GE(monotonic_now() - start, milliseconds(1));
}

TEST(Doorbell, DoesNotRestWhenThereIsWork) {
  Doorbell doorbell;
  doorbell.sleep([] { return true; });
  doorbell.nap(std::chrono::hours(1), [] { return true; });
}

}  // namespace
}  // namespace bobbin::observe

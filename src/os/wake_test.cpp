#include "os/wake.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <thread>

namespace bobbin::os {
namespace {

bool is_notified(const Wake& wake) {
  pollfd entry{.fd = wake.fd().number(), .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, 0) == 1;
}

TEST(Wake, IsReadableUntilItIsCleared) {
  Wake wake = *Wake::create();
  EXPECT_FALSE(is_notified(wake));
  wake.notify();
  EXPECT_TRUE(is_notified(wake));
  wake.clear();
  EXPECT_FALSE(is_notified(wake));
}

TEST(WakesTogether, NotifiesAtItsEnd) {
  Wake first = *Wake::create();
  Wake second = *Wake::create();
  {
    const WakesTogether together;
    first.notify();
    {
      const WakesTogether inner;
      first.notify();
    }
    EXPECT_FALSE(is_notified(first));
  }
  EXPECT_TRUE(is_notified(first));
  EXPECT_FALSE(is_notified(second));
  second.notify();
  EXPECT_TRUE(is_notified(second)) << "it is over";
}

TEST(WakesTogether, IsOfOneThread) {
  Wake wake = *Wake::create();
  const WakesTogether together;
  std::thread([&] { wake.notify(); }).join();
  EXPECT_TRUE(is_notified(wake));
}

}  // namespace
}  // namespace bobbin::os

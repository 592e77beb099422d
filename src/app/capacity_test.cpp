#include "app/capacity.h"

#include <gtest/gtest.h>

namespace bobbin::app {
namespace {

TEST(Capacity, IsWhatIsConfiguredWhereDescriptorsAbound) {
  const Capacity capacity = plan_capacity(ServerConfig{}, 1'000'000);
  EXPECT_EQ(capacity.connections_per_thread, 1024U);
  EXPECT_EQ(capacity.queue, 1024U);
}

TEST(Capacity, NeverTakesMoreThanTheDescriptorsAllowAndKeepsAReserve) {
  for (const std::uint64_t descriptors : {100U, 200U, 1000U, 5000U, 20'000U}) {
    SCOPED_TRACE(descriptors);
    const ServerConfig config;
    const Capacity capacity = plan_capacity(config, descriptors);
    EXPECT_GE(capacity.connections_per_thread, 1U);
    const std::size_t connections = capacity.connections_per_thread * config.threads;
    const std::size_t others =
        capacity.queue + capacity.lingering_per_thread * config.threads + capacity.rejected;
    EXPECT_LE(connections + others, descriptors - descriptors / 10);
    if (descriptors <= 1000) {
      EXPECT_LE(2 * connections + others, descriptors) << "each may hold a file besides";
    }
  }
}

TEST(Capacity, LeavesEveryThreadAtLeastOneConnection) {
  ServerConfig config;
  config.threads = 200;
  EXPECT_EQ(plan_capacity(config, 50).connections_per_thread, 1U);
}

TEST(Capacity, GivesTheQueueWhatTheWorkersDoNotWant) {
  ServerConfig config;
  config.threads = 1;
  config.connections_per_thread = 100;
  const Capacity capacity = plan_capacity(config, 1000);
  EXPECT_EQ(capacity.connections_per_thread, 100U);
  EXPECT_GT(capacity.queue, 250U) << "a half of the descriptors is for files";
  EXPECT_LE(capacity.queue, 400U);
}

TEST(Capacity, AQueueOfNoneStaysNone) {
  ServerConfig config;
  config.queue = 0;
  EXPECT_EQ(plan_capacity(config, 1000).queue, 0U);
}

}  // namespace
}  // namespace bobbin::app

#include "os/cpus.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <thread>

#include "os/cgroup.h"

namespace bobbin::os {
namespace {

// Linux, "Control Group v2": cpu.max is "$MAX $PERIOD", and max is no limit.
TEST(CpusOfQuota, AreRoundedUp) {
  EXPECT_EQ(cpus_of_quota("200000 100000\n"), 2U);
  EXPECT_EQ(cpus_of_quota("150000 100000\n"), 2U);
  EXPECT_EQ(cpus_of_quota("50000 100000\n"), 1U);
  EXPECT_EQ(cpus_of_quota("max 100000\n"), std::nullopt);
  for (const char* text : {"", "100", "100 ", "100 0", "a b"})
    EXPECT_EQ(cpus_of_quota(text), std::nullopt) << text;
}

TEST(UsableCpus, FollowTheAffinity) {
  unsigned found = 0;
  std::thread([&] {
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    int first = 0;
    while (!CPU_ISSET(first, &set)) ++first;
    CPU_ZERO(&set);
    CPU_SET(first, &set);
    sched_setaffinity(0, sizeof set, &set);
    found = usable_cpus();
  }).join();
  EXPECT_EQ(found, 1U);
}

TEST(Cgroup, IsThatOfVersion2) {
  EXPECT_EQ(cgroup_in("0::/system.slice/bobbin.service\n"), "/system.slice/bobbin.service");
  EXPECT_EQ(cgroup_in("12:cpu,cpuacct:/a\n0::/b\n"), "/b");
  EXPECT_EQ(cgroup_in("12:cpu,cpuacct:/a\n"), std::nullopt);
  EXPECT_EQ(cgroup_in(""), std::nullopt);
}

}  // namespace
}  // namespace bobbin::os

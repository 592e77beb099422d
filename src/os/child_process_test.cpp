#include "os/child_process.h"

#include <csignal>
#include <cstdio>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>

namespace bobbin::os {
namespace {

/// All that it writes until it ends.
std::string output_of(ChildProcess& process) {
  std::string all;
  for (;;) {
    const auto bytes = process.read(seconds(30));
    EXPECT_TRUE(bytes && *bytes) << "it neither writes nor ends";
    if (!bytes || !*bytes || (*bytes)->empty()) return all;
    all += **bytes;
  }
}

int print_and_sleep() {
  std::printf("before\n");
  std::fflush(stdout);
  for (;;) ::pause();
}

TEST(ChildProcess, IsReadAndWaitedFor) {
  auto process = ChildProcess::start([] {
    std::printf("%s", "told");
    return 7;
  });
  ASSERT_TRUE(process) << process.error().message();
  EXPECT_EQ(output_of(*process), "told");
  EXPECT_EQ(process->wait(), 7);
  EXPECT_EQ(process->wait(), std::nullopt) << "once is enough";
}

TEST(ChildProcess, LeavesWhatItHasWrittenWhenItIsKilled) {
  auto process = ChildProcess::start(print_and_sleep);
  ASSERT_TRUE(process);
  const auto bytes = process->read(seconds(30));
  ASSERT_TRUE(bytes && *bytes);
  EXPECT_EQ(**bytes, "before\n");
  const auto nothing = process->read(milliseconds(1));
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(*nothing);
  process->kill();
  EXPECT_EQ(output_of(*process), "");
  EXPECT_EQ(process->wait(), std::nullopt);
}

TEST(ChildProcess, DoesNotOutliveItsObject) {
  pid_t number = 0;
  {
    auto process = ChildProcess::start([]() -> int {
      std::printf("%d\n", ::getpid());
      std::fflush(stdout);
      for (;;) ::pause();
    });
    ASSERT_TRUE(process);
    const auto bytes = process->read(seconds(30));
    ASSERT_TRUE(bytes && *bytes);
    number = std::stoi(**bytes);
    ASSERT_EQ(::kill(number, 0), 0);
  }
  EXPECT_NE(::kill(number, 0), 0);
}

}  // namespace
}  // namespace bobbin::os

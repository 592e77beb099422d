#include "os/launcher.h"

#include <cerrno>
#include <csignal>
#include <gtest/gtest.h>
#include <thread>

#include "base/clock.h"
#include "os/process.h"
#include "os/test_directory.h"

namespace bobbin::os {
namespace {

constexpr milliseconds kSoon{10'000};

TEST(Launcher, StartsTheProgramWithASocketThatLeadsHere) {
  const auto launcher = *Launcher::start({"python3", "-c",
                                          "import os, socket\n"
                                          "s = socket.socket(fileno=int(os.environ['PREDECESSOR_FD']))\n"
                                          "s.send(s.recv(100).upper())\n"});
  const auto program = launcher.launch();
  ASSERT_TRUE(program) << program.error().message();
  ASSERT_TRUE(program->send("hello"));
  EXPECT_EQ((*program->receive(kSoon))->text, "HELLO");
  EXPECT_FALSE(*program->receive(kSoon)) << "it has ended";
}

TEST(Launcher, StartsItAnewEachTime) {
  const auto launcher = *Launcher::start({"sh", "-c", "exit 0"});
  for (int i = 0; i < 3; ++i) {
    const auto program = launcher.launch();
    ASSERT_TRUE(program) << program.error().message();
    EXPECT_FALSE(*program->receive(kSoon));
  }
}

TEST(Launcher, SaysThatTheProgramCannotBeStarted) {
  const auto launcher = *Launcher::start({"/nowhere/bobbin"});
  const auto program = launcher.launch();
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().message(), "execvp: No such file or directory");
}

// Only standard streams and the socket.
TEST(Launcher, PassesNoOtherDescriptor) {
  const auto launcher = *Launcher::start(
      {"python3", "-c",
       "import os, socket\n"
       "open_ones = [n for n in range(100) if n == 3 or os.path.exists(f'/proc/self/fd/{n}')]\n"
       "socket.socket(fileno=3).send(repr(open_ones).encode())\n"});
  const auto program = launcher.launch();
  ASSERT_TRUE(program);
  EXPECT_EQ((*program->receive(kSoon))->text, "[0, 1, 2, 3]");
}

// As the service manager and a terminal send them to all processes of a group.
TEST(Launcher, OutlivesTheSignalsThatStopAServer) {
  const auto launcher = *Launcher::start({"sh", "-c", "exit 0"});
  const std::string children = *[] {
    std::string text;
    FILE* file = std::fopen("/proc/thread-self/children", "r");
    char line[256] = {};
    if (file != nullptr && std::fgets(line, sizeof line, file) != nullptr) text = line;
    if (file != nullptr) std::fclose(file);
    return std::optional(text);
  }();
  if (children.empty()) GTEST_SKIP() << "this kernel does not tell a process of its children";
  const long process = std::stol(children.substr(children.rfind(' ', children.size() - 2) + 1));
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2})
    ASSERT_TRUE(signal_process(process, number));
  EXPECT_TRUE(launcher.launch());
}

}  // namespace
}  // namespace bobbin::os

#include "os/command.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>

#include "os/directory.h"
#include "os/test_directory.h"
#include "os/wait.h"

namespace bobbin::os {
namespace {

constexpr milliseconds kPatience(30'000);

/// Runs a line of shell with `input` as its standard input, in a directory of its own.
class CommandTest : public testing::Test {
 protected:
  [[nodiscard]] Result<Command> start(const std::string& line, const std::string& input = "") {
    place_.write("input", input);
    const auto file = open_file_at(*directory_, "input");
    return Command::start("/bin/sh", {"sh", "-c", line, place_.path()}, *file);
  }
  static Command::End end_of(Command& command) {
    for (;;) {
      const std::array files{&command.fd()};
      wait_until_readable(files, kPatience);
      const auto end = command.end();
      EXPECT_TRUE(end) << end.error().message();
      if (!end) return {};
      if (*end) return **end;
    }
  }
  TestDirectory place_;
  Result<Fd> directory_ = open_directory(place_.path());
};

TEST_F(CommandTest, ReadsItsInputAndGetsItsArguments) {
  auto command = start("cat > \"$0/output\"; exit 3", "told\n");
  ASSERT_TRUE(command) << command.error().message();
  EXPECT_EQ(end_of(*command), (Command::End{.is_by_signal = false, .number = 3}));
  EXPECT_EQ(place_.read("output"), "told\n");
}

TEST_F(CommandTest, GetsVariablesInThePlaceOfThoseOfThisProcess) {
  ASSERT_EQ(::setenv("BOBBIN_TEST_A", "old", 1), 0);
  ASSERT_EQ(::setenv("BOBBIN_TEST_AB", "kept", 1), 0);
  place_.write("input", "");
  const auto file = open_file_at(*directory_, "input");
  auto command = Command::start(
      "/bin/sh", {"sh", "-c", R"(env | grep ^BOBBIN_TEST_ | sort > "$0/output")", place_.path()}, *file,
      {"BOBBIN_TEST_A=new", "BOBBIN_TEST_B="});
  ::unsetenv("BOBBIN_TEST_A");
  ::unsetenv("BOBBIN_TEST_AB");
  ASSERT_TRUE(command) << command.error().message();
  EXPECT_EQ(end_of(*command), Command::End());
  EXPECT_EQ(place_.read("output"), "BOBBIN_TEST_A=new\nBOBBIN_TEST_AB=kept\nBOBBIN_TEST_B=\n");
}

TEST_F(CommandTest, IsToldToEndWithAllOfItsGroup) {
  auto command = start("touch \"$0/ready\"; sleep 1000");
  ASSERT_TRUE(command);
  while (!place_.has("ready")) wait_until_readable({}, milliseconds(1));
  const auto end = command->end();
  ASSERT_TRUE(end);
  EXPECT_FALSE(*end) << "it has not ended yet";
  command->terminate();
  EXPECT_EQ(end_of(*command), (Command::End{.is_by_signal = true, .number = SIGTERM}));
}

TEST_F(CommandTest, BeginsWithNoSignalBlockedAndNoneIgnoredThatWeIgnore) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigset_t before;
  ASSERT_EQ(::pthread_sigmask(SIG_BLOCK, &set, &before), 0);
  std::signal(SIGPIPE, SIG_IGN);
  auto command = start("kill -s PIPE $$; exit 0");
  auto other = start("kill -s TERM $$; exit 0");
  std::signal(SIGPIPE, SIG_DFL);
  ASSERT_EQ(::pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
  ASSERT_TRUE(command && other);
  EXPECT_EQ(end_of(*command), (Command::End{.is_by_signal = true, .number = SIGPIPE}));
  EXPECT_EQ(end_of(*other), (Command::End{.is_by_signal = true, .number = SIGTERM}));
}

TEST_F(CommandTest, IsHeardOfWhereChildrenAreIgnored) {
  std::signal(SIGCHLD, SIG_IGN);
  auto command = start("exit 7");
  ASSERT_TRUE(command);
  EXPECT_EQ(end_of(*command), (Command::End{.is_by_signal = false, .number = 7}));
}

TEST_F(CommandTest, ThatCannotBeRunIsAnError) {
  place_.write("input", "");
  place_.write("no-program", "what no kernel runs");
  std::filesystem::permissions(place_.path("no-program"), std::filesystem::perms::owner_all);
  const auto file = open_file_at(*directory_, "input");
  const auto missing = Command::start(place_.path("missing"), {"missing"}, *file);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ENOENT);
  const auto other = Command::start(place_.path("no-program"), {"no-program"}, *file);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ENOEXEC);
}

TEST_F(CommandTest, IsFoundAsAShellWould) {
  EXPECT_EQ(find_command("/bin/sh").value_or(""), "/bin/sh");
  EXPECT_TRUE(find_command("sh"));
  for (const char* word : {"", "no-such-program-anywhere", "/no/such/program"}) {
    const auto found = find_command(word);
    ASSERT_FALSE(found) << word;
    EXPECT_EQ(found.error().code, ENOENT) << word;
  }
  place_.write("text", "");
  for (const std::string& file : {place_.path("text"), place_.path()}) {
    const auto found = find_command(file);
    // The superuser may do anything but run a file that nobody may run, and a directory.
    ASSERT_FALSE(found) << file;
    EXPECT_EQ(found.error().code, EACCES) << file;
  }
}

}  // namespace
}  // namespace bobbin::os

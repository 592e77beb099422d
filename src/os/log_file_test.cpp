#include "os/log_file.h"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iostream>
#include <signal.h>
#include <sstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace bobbin::os {
namespace {

/// Puts a descriptor in the place of standard output for a while.
class StandardOutput {
 public:
  explicit StandardOutput(int replacement) : saved_(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 100)) {
    std::cout.flush();
    std::fflush(stdout);
    if (replacement >= 0) {
      EXPECT_EQ(::dup2(replacement, STDOUT_FILENO), STDOUT_FILENO);
    } else {
      ::close(STDOUT_FILENO);
    }
  }
  ~StandardOutput() { ::dup2(saved_.number(), STDOUT_FILENO); }

 private:
  Fd saved_;
};

class LogFileTest : public testing::Test {
 protected:
  LogFileTest() {
    ::signal(SIGPIPE, SIG_IGN);
    std::string name = testing::TempDir() + "bobbin_log_file_XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~LogFileTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

std::string content_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

LogFile standard_output_replaced_by(int fd) {
  const StandardOutput replaced(fd);
  auto file = LogFile::standard_output();
  EXPECT_TRUE(file);
  return *std::move(file);
}

/// Writes until there is no room; the number of bytes taken.
std::size_t fill(LogFile& file) {
  const std::string text(10'000, 'x');
  std::size_t sum = 0;
  while (true) {
    const auto taken = file.write_some(text);
    EXPECT_TRUE(taken);
    if (!taken || *taken == 0) return sum;
    sum += *taken;
  }
}

std::size_t read_some(int fd) {
  std::string buffer(200'000, '\0');
  const ssize_t n = ::read(fd, buffer.data(), buffer.size());
  EXPECT_GT(n, 0);
  return static_cast<std::size_t>(n);
}

TEST_F(LogFileTest, AppendsAndCreatesForOwnerAndGroup) {
  const std::string path = folder_ / "log";
  for (const char* text : {"one\n", "two\n"}) {
    auto file = LogFile::open(path);
    ASSERT_TRUE(file);
    EXPECT_EQ(*file->write_some(text), 4U);
  }
  EXPECT_EQ(content_of(path), "one\ntwo\n");
  struct stat status;
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0027U, 0U);
}

TEST_F(LogFileTest, OpenTellsWhyNot) {
  EXPECT_EQ(LogFile::open(folder_).error().code, EISDIR);
  EXPECT_EQ(LogFile::open(folder_ / "a" / "b").error().code, ENOENT);
  const std::string fifo = folder_ / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(LogFile::open(fifo).error().code, ENXIO);  // rather than wait for a reader
}

TEST_F(LogFileTest, AFullDeviceIsAnError) {
  auto file = LogFile::open("/dev/full");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->write_some("x").error().code, ENOSPC);
}

TEST_F(LogFileTest, StandardOutputInAFileGoesOnWhereOthersWrote) {
  const std::string path = folder_ / "out";
  const Fd out(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  ASSERT_EQ(::write(out.number(), "shell\n", 6), 6);
  LogFile file = standard_output_replaced_by(out.number());
  EXPECT_EQ(*file.write_some("log\n"), 4U);
  ASSERT_EQ(::write(out.number(), "shell\n", 6), 6);
  EXPECT_EQ(content_of(path), "shell\nlog\nshell\n");
}

TEST_F(LogFileTest, AFullPipeHasNoRoomUntilItIsRead) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Fd reading(ends[0]);
  const Fd writing(ends[1]);
  LogFile file = standard_output_replaced_by(writing.number());
  EXPECT_GE(fill(file), 4096U);
  EXPECT_EQ(::fcntl(writing.number(), F_GETFL) & O_NONBLOCK, 0)
      << "changed for everybody who shares the pipe";
  file.wait_for_room(milliseconds(1));
  EXPECT_EQ(*file.write_some("x"), 0U);
  read_some(reading.number());
  file.wait_for_room(milliseconds(10'000));
  EXPECT_EQ(*file.write_some("x"), 1U);
}

TEST_F(LogFileTest, APipeWithoutAReaderIsAnError) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  Fd reading(ends[0]);
  const Fd writing(ends[1]);
  LogFile file = standard_output_replaced_by(writing.number());
  reading.close();
  EXPECT_EQ(file.write_some("x").error().code, EPIPE);
}

TEST_F(LogFileTest, APipeThatCannotBeOpenedAnewDoesNotBlockEither) {
  // Without a reader at the start, a FIFO cannot be opened anew (ENXIO).
  const std::string path = folder_ / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const auto open_reading = [&] { return Fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)); };
  Fd reading = open_reading();
  const Fd writing(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  reading.close();
  LogFile file = standard_output_replaced_by(writing.number());
  EXPECT_EQ(file.write_some("x").error().code, EPIPE);
  reading = open_reading();
  EXPECT_GE(fill(file), 4096U);
  read_some(reading.number());
  EXPECT_EQ(*file.write_some("x"), 1U);
}

TEST_F(LogFileTest, AFullSocketHasNoRoomAndAClosedOneIsAnError) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  Fd reading(ends[0]);
  const Fd writing(ends[1]);
  LogFile file = standard_output_replaced_by(writing.number());
  EXPECT_GE(fill(file), 4096U);
  EXPECT_EQ(::fcntl(writing.number(), F_GETFL) & O_NONBLOCK, 0);
  reading.close();
  EXPECT_EQ(file.write_some("x").error().code, EPIPE);
}

TEST_F(LogFileTest, ClosedStandardOutputSwallowsEverything) {
  const StandardOutput closed(-1);
  auto file = LogFile::standard_output();
  ASSERT_TRUE(file);
  EXPECT_EQ(*file->write_some("lost\n"), 5U);
}

}  // namespace
}  // namespace bobbin::os

#include "observe/log_output.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include "observe/test_files.h"
#include "observe/test_stamp.h"

namespace bobbin::observe {
namespace {

using testing::MatchesRegex;

std::unique_ptr<LogTarget> opened_target(const std::string& path) {
  auto target = LogTarget::open({.path = path, .address = {}});
  EXPECT_TRUE(target) << path;
  return *std::move(target);
}

/// Files of this process cannot grow beyond `bytes`: a disk that is nearly full, as a process without rights
/// can make one.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &old_); }

 private:
  rlimit old_{};
};

TEST(LogOutput, CountsLinesLostToAFullDiskAndEndsTheTornOne) {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "log";
  const EntryFormat format{.messages = MessageFormat::text};
  LogOutput output(opened_target(path), format);
  {
    const FileSizeLimit limit(12);
    output.write("first\nsecond\nthird\n");  // 12 bytes: "first\n" and "second"
    output.write("fourth\n");
  }
  output.write("fifth\n");
  output.write("sixth\n");
  EXPECT_THAT(content_of(path),
              MatchesRegex("first\nsecond\n" + kStamp +
                           "Warning: 3 log lines lost \\(write: File too large\\)\nfifth\nsixth\n"));
}

TEST(LogOutput, ItsOwnLinesHaveTheFormatOfTheOthers) {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "log";
  const EntryFormat format{.messages = MessageFormat::json};
  LogOutput output(opened_target(path), format);
  {
    const FileSizeLimit limit(1);
    output.write("\nlost\n");
  }
  output.write("{}\n");
  EXPECT_THAT(
      content_of(path),
      MatchesRegex(
          R"~(.\{"time":"[^"]+","level":"warning","event":"log_lines_lost","message":"Warning: 1 log lines lost \(write: File too large\)"\}.\{\}.)~"));
}

TEST(LogOutput, SurvivesADeviceThatIsAlwaysFull) {
  const EntryFormat format{.messages = MessageFormat::text};
  LogOutput output(opened_target("/dev/full"), format);
  for (int i = 0; i < 3; ++i) output.write("line\n");
}

TEST(LogOutput, SurvivesAReaderThatHasGone) {
  Pipe pipe;
  const EntryFormat format{.messages = MessageFormat::text};
  LogOutput output(opened_target(pipe.writing_path()), format);
  pipe.reading.close();
  for (int i = 0; i < 3; ++i) output.write("line\n");
}

TEST(LogOutput, GivesUpOnAReaderThatDoesNotRead) {
  Pipe pipe;
  const EntryFormat format{.messages = MessageFormat::text};
  LogOutput output(opened_target(pipe.writing_path()), format);
  output.give_up_at(monotonic_now());
  output.write(std::string(1'000'000, 'x') +
               '\n');  // a pipe holds 64 KiB; without giving up this never returns
}

TEST(LogOutput, ReopensUnderTheSameName) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "log";
  const EntryFormat format{.messages = MessageFormat::text};
  LogOutput output(opened_target(path), format);
  output.write("old\n");
  std::filesystem::rename(path, folder.path() / "log.1");
  output.write("still old\n");
  output.reopen();
  output.write("new\n");
  EXPECT_EQ(content_of(folder.path() / "log.1"), "old\nstill old\n");
  EXPECT_EQ(content_of(path), "new\n");
}

TEST(LogOutput, KeepsTheOldFileWhenTheNewOneCannotBeOpened) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "a");
  const auto path = folder.path() / "a" / "log";
  const EntryFormat format{.messages = MessageFormat::text};
  LogOutput output(opened_target(path), format);
  std::filesystem::rename(folder.path() / "a", folder.path() / "b");
  output.reopen();
  output.write("line\n");
  EXPECT_THAT(content_of(folder.path() / "b" / "log"),
              MatchesRegex(kStamp + "Warning: cannot reopen the log file, going on with the old one "
                                    "\\(open: No such file or directory\\)\nline\n"));
}

}  // namespace
}  // namespace bobbin::observe

#include "observe/log.h"

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <gmock/gmock.h>
#include <thread>
#include <vector>

#include "observe/test_files.h"
#include "observe/test_stamp.h"

namespace bobbin::observe {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;

std::unique_ptr<Log> opened_log(const std::string& file, LogLevel level = LogLevel::info) {
  auto log = Log::open({.file = file, .level = level});
  EXPECT_TRUE(log) << file;
  return *std::move(log);
}

std::vector<std::string> lines_of(const std::string& text) {
  EXPECT_TRUE(text.empty() || text.back() == '\n') << "the last line is torn";
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// The number in "… Warning: N log lines dropped"; 0 for any other line.
std::uint64_t dropped_in(std::string_view line) {
  constexpr std::string_view kBefore = "Warning: ";
  const std::size_t start = line.find(kBefore);
  if (start == line.npos || !line.ends_with(" log lines dropped")) return 0;
  std::uint64_t count = 0;
  std::from_chars(line.data() + start + kBefore.size(), line.data() + line.size(), count);
  return count;
}

class LogTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "log";
};

TEST_F(LogTest, LinesHaveATimestampAndTheThreadsName) {
  auto log = opened_log(path_);
  LogWriter& main = log->writer("");
  LogWriter& worker = log->writer("Thread-1");
  EXPECT_EQ(worker.name(), "Thread-1");
  main.write(Event::server_threads, "Thread pool size: 10");
  worker.write(Event::security_violation, "two\nlines");
  log->stop();
  EXPECT_THAT(lines_of(content_of(path_)),
              ElementsAre(MatchesRegex(kStamp + "Thread pool size: 10"),
                          MatchesRegex(kStamp + R"(\[Thread-1\] two\\x0alines)")));
}

TEST_F(LogTest, InJsonEveryLineIsAnObject) {
  auto log = *Log::open({.file = path_, .format = MessageFormat::json});
  LogWriter& worker = log->writer("Thread-1");
  const Origin origin{.worker = 1, .connection = 5, .client = {.port = 9, .address = {127, 0, 0, 1}}};
  worker.write(Event::pool_status, "one");
  worker.write_about(origin, Event::tls_failed, "two");
  worker.write_block(std::string(LogWriter::kMostEntryBytes, 'x') + '\n');
  log->stop();
  EXPECT_THAT(
      lines_of(content_of(path_)),
      ElementsAre(
          MatchesRegex(
              R"(\{"time":"[^"]+","level":"info","event":"pool_status","thread":"Thread-1","message":"one"\})"),
          MatchesRegex(
              R"(\{"time":"[^"]+","level":"warning","event":"tls_failed","thread":"Thread-1","client":"127\.0\.0\.1:9","connection_id":"1-5","message":"two"\})"),
          MatchesRegex(
              R"(\{"time":"[^"]+","level":"warning","event":"log_lines_dropped","message":"Warning: 1 log lines dropped"\})")));
}

TEST_F(LogTest, FiltersByLevelButNotBlocks) {
  auto log = opened_log(path_, LogLevel::warning);
  LogWriter& writer = log->writer("");
  EXPECT_TRUE(writer.wants(LogLevel::error));
  EXPECT_TRUE(writer.wants(LogLevel::warning));
  EXPECT_FALSE(writer.wants(LogLevel::info));
  EXPECT_FALSE(writer.wants(LogLevel::debug));
  writer.write(Event::request_answered, "a");
  writer.write(Event::pool_status, "b");
  writer.write(Event::pool_saturated, "c");
  writer.write(Event::request_failed, "d");
  writer.write_block("e\nf\\\n");
  log->stop();
  EXPECT_THAT(lines_of(content_of(path_)), ElementsAre(MatchesRegex(".*c"), MatchesRegex(".*d"), "e", "f\\"));
}

TEST_F(LogTest, AMessageIsNeverTooLargeToBeLogged) {
  auto log = opened_log(path_);
  log->writer("").write(Event::security_violation, "Security violation: " + std::string(1'000'000, '\x80'));
  log->stop();
  EXPECT_THAT(lines_of(content_of(path_)),
              ElementsAre(MatchesRegex(kStamp + R"(Security violation: (\\x80)+\(cut\))")));
}

TEST_F(LogTest, TheLargestEntryIsWrittenAndALargerOneCounted) {
  auto log = opened_log(path_);
  LogWriter& writer = log->writer("");
  const std::string largest = std::string(LogWriter::kMostEntryBytes - 1, 'x') + '\n';
  writer.write_block(largest);
  log->writer("").write_block('x' + largest);
  log->stop();
  const auto lines = lines_of(content_of(path_));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0] + '\n', largest);
  EXPECT_EQ(dropped_in(lines[1]), 1U);
}

TEST_F(LogTest, AppendsToAnExistingFile) {
  std::ofstream(path_) << "earlier\n";
  auto log = opened_log(path_);
  log->writer("").write_block("later\n");
  log->stop();
  EXPECT_EQ(content_of(path_), "earlier\nlater\n");
}

TEST_F(LogTest, SaysWhyAFileCannotBeOpened) {
  const auto log = Log::open({.file = folder_.path() / "missing" / "log"});
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, ENOENT);
}

TEST_F(LogTest, AQuietLogWritesWithoutBeingStopped) {
  auto log = opened_log(path_);
  LogWriter& writer = log->writer("");
  std::string want;
  // The second entry finds the logger resting after the first.
  for (const char* line : {"one\n", "two\n"}) {
    writer.write_block(line);
    want += line;
    while (content_of(path_) != want) std::this_thread::yield();
  }
}

TEST_F(LogTest, StopWritesEverythingHandedIn) {
  auto log = opened_log(path_);
  std::string want;
  for (int i = 0; i < 10; ++i) {
    const std::string line = std::to_string(i) + '\n';
    log->writer("Thread-" + std::to_string(i)).write_block(line);
    want += line;
  }
  log->stop();
  EXPECT_EQ(content_of(path_), want);
}

TEST_F(LogTest, WritingAfterStopDoesNoHarm) {
  auto log = opened_log(path_);
  LogWriter& writer = log->writer("");
  log->stop();
  for (int i = 0; i < 1000; ++i) writer.write_block(std::string(1000, 'x') + '\n');
  log->reopen();
  log->stop();
  EXPECT_EQ(content_of(path_), "");
}

TEST_F(LogTest, NothingInterleavesAndEveryThreadKeepsItsOrder) {
  constexpr int kThreads = 4;
  constexpr int kEntries = 10'000;
  auto log = opened_log(path_);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&log, t] {
      LogWriter& writer = log->writer("Thread-" + std::to_string(t));
      std::string block;
      for (int i = 0; i < kEntries; ++i) {
        const std::string key = std::to_string(t) + ' ' + std::to_string(i);
        block = key + " begin\n" + key + " end\n";
        writer.write_block(block);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  log->stop();

  std::uint64_t written = 0;
  std::uint64_t dropped = 0;
  std::vector<int> last(kThreads, -1);
  const auto lines = lines_of(content_of(path_));
  for (std::size_t n = 0; n < lines.size(); ++n) {
    if (const std::uint64_t count = dropped_in(lines[n]); count > 0) {
      dropped += count;
      continue;
    }
    int t = -1;
    int i = -1;
    ASSERT_EQ(std::sscanf(lines[n].c_str(), "%d %d begin", &t, &i), 2) << lines[n];
    const std::string key = std::to_string(t) + ' ' + std::to_string(i);
    ASSERT_EQ(lines[n], key + " begin");
    ASSERT_LT(n + 1, lines.size());
    ASSERT_EQ(lines[++n], key + " end");
    ASSERT_LT(last[static_cast<std::size_t>(t)], i);
    last[static_cast<std::size_t>(t)] = i;
    written += 2;
  }
  EXPECT_EQ(written + dropped, 2U * kThreads * kEntries);
  EXPECT_GT(written, 0U);
}

TEST_F(LogTest, CauseComesBeforeEffectAcrossThreads) {
  constexpr int kEntries = 4000;
  auto log = opened_log(path_);
  std::atomic<int> turn{0};
  const auto play = [&](int parity) {
    LogWriter& writer = log->writer("");
    for (int i = parity; i < kEntries; i += 2) {
      while (turn.load() != i) std::this_thread::yield();
      writer.write_block(std::to_string(i) + '\n');
      turn.store(i + 1);
    }
  };
  std::thread other(play, 1);
  play(0);
  other.join();
  log->stop();
  std::string want;
  for (int i = 0; i < kEntries; ++i) want += std::to_string(i) + '\n';
  EXPECT_EQ(content_of(path_), want);
}

TEST_F(LogTest, ReopenSendsEarlierEntriesToTheOldFile) {
  auto log = opened_log(path_);
  LogWriter& writer = log->writer("");
  writer.write_block("before 1\n");
  std::filesystem::rename(path_, folder_.path() / "log.1");
  writer.write_block("before 2\n");
  log->reopen();
  writer.write_block("after\n");
  log->stop();
  EXPECT_EQ(content_of(folder_.path() / "log.1"), "before 1\nbefore 2\n");
  EXPECT_EQ(content_of(path_), "after\n");
}

TEST_F(LogTest, ReopenHappensWithoutFurtherEntries) {
  auto log = opened_log(path_);
  std::filesystem::rename(path_, folder_.path() / "log.1");
  log->reopen();
  while (!std::filesystem::exists(path_)) std::this_thread::yield();
}

TEST_F(LogTest, AReaderThatStallsCostsLinesAndNeverBlocksAWriter) {
  Pipe pipe;
  auto log = opened_log(pipe.writing_path());
  LogWriter& writer = log->writer("");
  constexpr std::uint64_t kLines = 5000;
  const std::string line = std::string(1000, 'x') + '\n';
  // More than pipe, batch and ring hold together. Nobody reads yet: a writer that waited would wait forever.
  for (std::uint64_t i = 0; i < kLines; ++i) writer.write_block(line);

  std::string text;
  std::thread reader([&] { text = pipe.read_all(); });
  log->stop();
  log.reset();
  reader.join();
  std::uint64_t written = 0;
  std::uint64_t dropped = 0;
  for (const std::string& got : lines_of(text)) {
    if (got.size() == 1000) {
      ++written;
    } else {
      EXPECT_THAT(got, MatchesRegex(kStamp + "Warning: [0-9]+ log lines dropped"));
      dropped += dropped_in(got);
    }
  }
  EXPECT_GT(dropped, 0U);
  EXPECT_EQ(written + dropped, kLines);
}

TEST_F(LogTest, DropsAreReportedOnceThereIsRoomAgain) {
  auto log = opened_log(path_);
  LogWriter& writer = log->writer("Thread-1");
  writer.write_block(std::string(300'000, 'x') + '\n');  // larger than the ring
  std::vector<std::string> lines;
  while (lines.empty()) lines = lines_of(content_of(path_));
  EXPECT_THAT(lines, ElementsAre(MatchesRegex(kStamp + "Warning: 1 log lines dropped")));
  log->stop();
  EXPECT_EQ(lines_of(content_of(path_)), lines);
}

TEST_F(LogTest, StopDoesNotWaitForeverForAReader) {
  Pipe pipe;
  auto log = opened_log(pipe.writing_path());
  LogWriter& writer = log->writer("");
  for (int i = 0; i < 1000; ++i) writer.write_block(std::string(1000, 'x') + '\n');
  log->stop();  // without a limit this never returns
}

TEST_F(LogTest, DropsOfTheLastMomentAreReportedAtTheStop) {
  auto log = opened_log(path_);
  LogWriter& writer = log->writer("");
  const std::string too_large(LogWriter::kMostEntryBytes, 'x');
  writer.write_block(too_large + '\n');
  while (content_of(path_).empty()) std::this_thread::yield();
  // Within the second in which a burst of drops gets no second line.
  for (int i = 0; i < 3; ++i) writer.write_block(too_large + "\n\n");
  log->stop();
  std::uint64_t dropped = 0;
  for (const std::string& line : lines_of(content_of(path_))) dropped += dropped_in(line);
  EXPECT_EQ(dropped, 1U + 3 * 2);
}

TEST_F(LogTest, AFullDeviceKillsNobody) {
  auto log = opened_log("/dev/full");
  LogWriter& writer = log->writer("");
  for (int i = 0; i < 1000; ++i) writer.write(Event::pool_status, "line");
  log->stop();
}

TEST_F(LogTest, AnUnusedLogWritesNothing) {
  auto log = opened_log(path_);
  static_cast<void>(log->writer("Thread-1"));
  log.reset();
  EXPECT_THAT(content_of(path_), IsEmpty());
}

}  // namespace
}  // namespace bobbin::observe

#include "files/file_source.h"

#include <atomic>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <span>
#include <thread>
#include <unistd.h>

#include "base/clock.h"
#include "os/attributes.h"
#include "os/directory.h"
#include "os/root.h"
#include "os/test_directory.h"

namespace bobbin::files {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

class CountingSink final : public http::ReplySink {
 public:
  void deliver(ConnectionId, ExchangeId, http::Response) override {}
  void resume(ConnectionId, ExchangeId) override { ++resumed; }
  std::atomic<int> resumed = 0;
};

class FileSourceTest : public testing::Test {
 protected:
  ~FileSourceTest() override {
    executor.shut_down([] {});
    executor.join();
  }
  void write(std::string_view bytes) const { place.write("file", bytes); }
  [[nodiscard]] FileSource open(std::vector<FileSource::Part> parts, std::string after = {}) {
    const auto root = os::Root::open(place.path());
    EXPECT_TRUE(root);
    auto file = OpenFile::open(*root, "file");
    EXPECT_TRUE(file);
    return {std::make_shared<const OpenFile>(*std::move(file)), std::move(parts), std::move(after), executor,
            http::Resume({.sink = &sink, .connection = {}, .exchange = {}})};
  }
  [[nodiscard]] FileSource open_whole(std::uint64_t size) {
    return open({{.before = {}, .range = {0, size}}});
  }
  /// From the page cache, and from nothing else.
  void evict() const {
    const int file = ::open(place.path("file").c_str(), O_RDONLY);
    ::fsync(file);
    ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    ::close(file);
  }
  /// Each piece, a text as it is, a part of the file as "<offset+length>".
  static std::string pull_all(FileSource& source) {
    std::string all;
    while (true) {
      const http::ContentSource::Piece piece = source.pull();
      if (const auto* bytes = std::get_if<Bytes>(&piece)) all += as_text(*bytes);
      if (const auto* file = std::get_if<http::FilePiece>(&piece))
        all += "<" + std::to_string(file->offset) + "+" + std::to_string(file->length) + ">";
      if (std::holds_alternative<http::Wait>(piece)) std::this_thread::yield();
      if (const auto* failed = std::get_if<http::Failed>(&piece)) return all + "failed: " + failed->cause;
      if (std::holds_alternative<http::End>(piece)) return all;
    }
  }

  os::TestDirectory place;
  CountingSink sink;
  executor::Executor executor;
};

TEST_F(FileSourceTest, GivesTheRangesAndTheTextsBetweenThem) {
  write(std::string(1000, 'x'));
  FileSource source =
      open({{.before = "a ", .range = {10, 5}}, {.before = " b ", .range = {900, 100}}}, " c");
  EXPECT_EQ(source.size_bytes(), 2U + 5 + 3 + 100 + 2);
  EXPECT_EQ(pull_all(source), "a <10+5> b <900+100> c");
}

TEST_F(FileSourceTest, TheLastBytesAreABlockOfTheirOwn) {
  write(std::string(9 * kMiB, 'x'));
  FileSource source = open_whole(9 * kMiB);
  EXPECT_EQ(pull_all(source), "<0+4194304><4194304+4194304><8388608+983040><9371648+65536>");
}

TEST_F(FileSourceTest, AFileThatHasChangedFailsBeforeItsLastBytes) {
  write(std::string(kMiB, 'x'));
  FileSource source = open_whole(kMiB);
  EXPECT_TRUE(std::holds_alternative<http::FilePiece>(source.pull()));
  write(std::string(kMiB, 'y'));
  const auto last = source.pull();
  ASSERT_TRUE(std::holds_alternative<http::Failed>(last));
  EXPECT_EQ(std::get<http::Failed>(last).cause, "it has changed since it was opened");
}

TEST_F(FileSourceTest, WhatIsNotCachedIsReadByTheExecutor) {
  write(std::string(3 * kMiB, 'x'));
  evict();
  FileSource source = open_whole(3 * kMiB);
  const auto first = source.pull();
  if (!std::holds_alternative<http::Wait>(first)) GTEST_SKIP() << "this file system keeps what is evicted";
  while (sink.resumed == 0) std::this_thread::yield();
  const auto fetched = source.pull();
  ASSERT_TRUE(std::holds_alternative<http::FilePiece>(fetched));
  EXPECT_EQ(std::get<http::FilePiece>(fetched).length, kMiB) << "the client gets the first of it soon";
}

// ---- of a file that grows ----

class GrowingSourceTest : public FileSourceTest {
 protected:
  GrowingSourceTest() {
    write("");
    auto file = os::open_regular_file_at(*os::open_directory(place.path()), "file");
    growing = *GrowingFile::create(*std::move(file), kSize, "tag");
  }
  /// More of it.
  void grow(std::uint64_t bytes) {
    content += std::string(bytes, 'x');
    write(content);
    growing->look();
  }
  void end_well() {
    ASSERT_TRUE(os::mark(*os::open_for_writing_at(*os::open_directory(place.path()), "file")));
    growing->end();
  }
  [[nodiscard]] FileSource open_range(std::uint64_t offset, std::uint64_t length) {
    return {growing,
            {{.before = {}, .range = {offset, length}}},
            {},
            executor,
            http::Resume({.sink = &sink, .connection = {}, .exchange = {}})};
  }
  /// As above, up to where it waits.
  static std::string pull_some(FileSource& source) {
    std::string all;
    while (true) {
      const http::ContentSource::Piece piece = source.pull();
      if (const auto* file = std::get_if<http::FilePiece>(&piece))
        all += "<" + std::to_string(file->offset) + "+" + std::to_string(file->length) + ">";
      if (std::holds_alternative<http::Wait>(piece)) return all + "waits";
      if (std::holds_alternative<http::Failed>(piece)) return all + "failed";
      if (std::holds_alternative<http::End>(piece)) return all;
    }
  }

  static constexpr std::uint64_t kSize = 1000;
  std::string content;
  std::shared_ptr<GrowingFile> growing;
};

TEST_F(GrowingSourceTest, GivesWhatIsThereAndTheLastByteWhenItIsWhole) {
  FileSource source = open_range(0, kSize);
  EXPECT_EQ(source.size_bytes(), kSize);
  EXPECT_EQ(pull_some(source), "waits");
  grow(300);
  EXPECT_EQ(sink.resumed, 1);
  EXPECT_EQ(pull_some(source), "<0+300>waits");
  grow(700);
  EXPECT_EQ(sink.resumed, 2);
  EXPECT_EQ(pull_some(source), "<300+699>waits");
  growing->look();
  EXPECT_EQ(sink.resumed, 2) << "nothing new";
  end_well();
  EXPECT_EQ(sink.resumed, 3);
  EXPECT_EQ(pull_some(source), "<999+1>");
}

TEST_F(GrowingSourceTest, FailsWhereItEndsWithoutTheMark) {
  FileSource whole = open_range(0, kSize);
  FileSource part = open_range(100, 10);
  grow(kSize);
  EXPECT_EQ(pull_some(part), "<100+10>");
  EXPECT_EQ(pull_some(whole), "<0+999>waits");
  growing->end();
  EXPECT_EQ(sink.resumed, 1);
  EXPECT_EQ(pull_some(whole), "failed");
  FileSource late = open_range(0, 10);
  EXPECT_EQ(pull_some(late), "failed");
}

TEST_F(GrowingSourceTest, TheMarkIsNotEnoughForAFileOfAnotherSize) {
  FileSource source = open_range(0, kSize);
  grow(kSize - 1);
  end_well();
  EXPECT_EQ(pull_some(source), "failed");
}

TEST_F(GrowingSourceTest, ARangeIsResumedWhenItsPartIsThere) {
  FileSource source = open_range(500, 100);
  EXPECT_EQ(pull_some(source), "waits");
  grow(500);
  EXPECT_EQ(sink.resumed, 0);
  grow(1);
  EXPECT_EQ(sink.resumed, 1);
  EXPECT_EQ(pull_some(source), "<500+1>waits");
  grow(200);
  EXPECT_EQ(pull_some(source), "<501+99>");
}

}  // namespace
}  // namespace bobbin::files

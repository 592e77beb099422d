#include "os/file.h"

#include <array>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/directory.h"
#include "os/test_directory.h"

namespace bobbin::os {
namespace {

using Kind = FileStatus::Kind;

Fd open_for(const std::string& path, int flags) { return Fd(::open(path.c_str(), flags | O_CLOEXEC, 0600)); }

FileStatus status_of(const std::string& path) {
  const auto found = status(open_for(path, O_RDONLY | O_NONBLOCK));
  EXPECT_TRUE(found) << found.error().message();
  return found.value_or(FileStatus{});
}

// `touch -d 2300-01-01`: nanoseconds in 64 bits reach from 1677 to 2262, and wrapped around to 1715.
TEST(Status, ClampsTimesBeyondWhatNanosecondsHold) {
  const TestDirectory directory;
  directory.write("file", "");
  const struct {
    const char* name;
    std::int64_t second;
    WallTime want;
  } cases[] = {{"2300", 10413792000, WallTime::max()},
               {"2446, the last that ext4 holds", 15032385535, WallTime::max()},
               {"2262, the last whole second", 9223372035, WallTime(seconds(9223372035))},
               {"1970", 0, WallTime()},
               {"1901, the first that ext4 holds", -2147483648, WallTime(seconds(-2147483648))}};
  for (const auto& [name, second, want] : cases) {
    SCOPED_TRACE(name);
    const timespec times[2] = {{second, 0}, {second, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, directory.path("file").c_str(), times, 0), 0);
    struct stat raw;
    ASSERT_EQ(::stat(directory.path("file").c_str(), &raw), 0);
    if (raw.st_mtim.tv_sec != second) continue;  // the file system of this directory cannot keep it
    EXPECT_EQ(status_of(directory.path("file")).modified, want);
  }
}

TEST(FileSystemId, BelongsToTheFileSystemNotToTheFile) {
  const TestDirectory directory;
  directory.write("a", ""), directory.write("b", "");
  const auto id_of = [](const std::string& path) { return file_system_id(open_for(path, O_RDONLY)); };
  ASSERT_TRUE(id_of(directory.path("a")));
  EXPECT_EQ(*id_of(directory.path("a")), *id_of(directory.path("b")));
  EXPECT_EQ(file_system_id(Fd()).error().code, EBADF);
  EXPECT_STREQ(file_system_id(Fd()).error().operation, "fstatfs");
}

TEST(Status, TellsWhatKindOfFileItIs) {
  const TestDirectory directory;
  directory.write("file", "eleven bytes"), directory.make_folder("folder"), directory.make_fifo("fifo");
  const struct {
    const char* name;
    Kind want;
  } cases[] = {{"file", Kind::regular}, {"folder", Kind::directory}, {"fifo", Kind::other}};
  for (const auto& [name, want] : cases) {
    SCOPED_TRACE(name);
    EXPECT_EQ(status_of(directory.path(name)).kind, want);
  }
}

TEST(Status, TellsSizeIdentityAndLinks) {
  const TestDirectory directory;
  directory.write("a", "12345");
  directory.write("b", "");
  std::filesystem::create_hard_link(directory.path("a"), directory.path("a2"));
  const FileStatus a = status_of(directory.path("a"));
  const FileStatus b = status_of(directory.path("b"));
  EXPECT_EQ(a.size_bytes, 5U);
  EXPECT_EQ(a.links, 2U);
  EXPECT_EQ(b.size_bytes, 0U);
  EXPECT_EQ(b.links, 1U);
  EXPECT_EQ(a.device, b.device);
  EXPECT_NE(a.inode, b.inode);
  EXPECT_EQ(a, status_of(directory.path("a2")));
}

TEST(Status, TellsTimesInNanoseconds) {
  const TestDirectory directory;
  directory.write("a", "");
  // 2024-03-15 12:34:56.123456789 UTC
  const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
                             {.tv_sec = 1710506096, .tv_nsec = 123456789}};
  ASSERT_EQ(::utimensat(AT_FDCWD, directory.path("a").c_str(), times, 0), 0);
  const FileStatus seen = status_of(directory.path("a"));
  EXPECT_EQ(seen.modified.time_since_epoch().count(), 1710506096'123456789);
  // Setting the modification time back is a change itself, and the kernel notes when it was.
  EXPECT_GT(seen.changed, wall_now() - std::chrono::minutes(1));
}

TEST(Status, OfNoFileIsAnError) {
  const auto found = status(Fd());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, EBADF);
  EXPECT_STREQ(found.error().operation, "statx");
}

TEST(ReadAt, StopsOnlyAtTheEnd) {
  const TestDirectory directory;
  directory.write("a", "hello world");
  const Fd file = open_for(directory.path("a"), O_RDONLY);
  const struct {
    std::uint64_t offset;
    std::size_t count;
    const char* want;
  } cases[] = {{0, 5, "hello"}, {6, 5, "world"},    {6, 64, "world"},
               {11, 5, ""},     {1'000'000, 5, ""}, {3, 0, ""}};
  for (const auto& [offset, count, want] : cases) {
    SCOPED_TRACE(::testing::Message() << offset << "+" << count);
    std::array<std::byte, 64> buffer;
    const auto got = read_at(file, std::span(buffer).first(count), offset);
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(as_text(std::span(buffer).first(*got)), want);
  }
}

TEST(ReadAt, OfAFolderIsAnError) {
  const TestDirectory directory;
  std::array<std::byte, 8> buffer;
  const auto got = read_at(open_for(directory.path(), O_RDONLY), buffer, 0);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, EISDIR);
}

TEST(WriteAll, AppendsWhatItIsGiven) {
  const TestDirectory directory;
  const std::string large(3'000'000, 'x');
  const Fd file = open_for(directory.path("a"), O_WRONLY | O_CREAT);
  EXPECT_TRUE(write_all(file, as_bytes("first ")));
  EXPECT_TRUE(write_all(file, {}));
  EXPECT_TRUE(write_all(file, as_bytes(large)));
  EXPECT_EQ(directory.read("a"), "first " + large);
}

TEST(WriteAll, ReportsAFullDisk) {
  const auto written = write_all(open_for("/dev/full", O_WRONLY), as_bytes("x"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ENOSPC);
  EXPECT_STREQ(written.error().operation, "write");
}

TEST(WriteAll, ReportsTheWriteAfterOneThatWasCutShort) {
  const TestDirectory directory;
  const Fd file = open_for(directory.path("a"), O_WRONLY | O_CREAT);
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small = {.rlim_cur = 100, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto written = write_all(file, as_bytes(std::string(150, 'x')));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, EFBIG);
  EXPECT_EQ(directory.read("a").size(), 100U);
}

TEST(Sync, TakesFilesAndFolders) {
  const TestDirectory directory;
  directory.write("a", "x");
  EXPECT_TRUE(sync(open_for(directory.path("a"), O_WRONLY)));
  EXPECT_TRUE(sync(open_for(directory.path(), O_RDONLY)));
}

TEST(Sync, ReportsFailure) {
  const auto synced = sync(Fd());
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().code, EBADF);
  EXPECT_STREQ(synced.error().operation, "fsync");
}

TEST(Permissions, AreThoseOfTheOpenFile) {
  const TestDirectory place;
  place.write("file", "x");
  ASSERT_EQ(::chmod(place.path("file").c_str(), 0642), 0);
  const auto root = open_directory(place.path());
  ASSERT_TRUE(root);
  EXPECT_EQ(*permissions(*root), 0700U);
  EXPECT_EQ(*permissions(*create_named(*root, "new")) & 0600U, 0600U);
  const Fd file(::open(place.path("file").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(*permissions(file), 0642U);
}

TEST(LinkTarget, IsItsText) {
  const TestDirectory place;
  place.make_link("link", "../to/./nothing");
  place.write("file", "x");
  const auto root = open_directory(place.path());
  ASSERT_TRUE(root);
  EXPECT_EQ(*link_target_at(*root, "link"), "../to/./nothing");
  EXPECT_EQ(link_target_at(*root, "file").error().code, EINVAL);
  EXPECT_EQ(link_target_at(*root, "missing").error().code, ENOENT);
}

}  // namespace
}  // namespace bobbin::os

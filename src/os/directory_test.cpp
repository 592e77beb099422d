#include "os/directory.h"

#include <cerrno>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>

#include "os/file.h"
#include "os/test_directory.h"
#include "os/test_open.h"

namespace bobbin::os {
namespace {

using ::testing::AnyOf;
using ::testing::UnorderedElementsAre;

bool closes_on_exec(const Fd& fd) { return (::fcntl(fd.number(), F_GETFD) & FD_CLOEXEC) != 0; }

TEST(OpenDirectory, FollowsLinksAndRefusesFiles) {
  const TestDirectory place;
  place.make_folder("folder");
  place.write("file", "");
  place.make_link("link", "folder");
  EXPECT_EQ(code_of(open_directory(place.path("folder"))), 0);
  EXPECT_EQ(code_of(open_directory(place.path("link"))), 0);
  EXPECT_EQ(code_of(open_directory(place.path("file"))), ENOTDIR);
  EXPECT_EQ(code_of(open_directory(place.path("nothing"))), ENOENT);
  EXPECT_TRUE(closes_on_exec(must_open(place.path())));
}

TEST(MakeDirectory, TellsWhetherItIsNew) {
  const TestDirectory place;
  EXPECT_EQ(make_directory(place.path("new")), true);
  EXPECT_EQ(make_directory(place.path("new")), false);
  EXPECT_EQ(code_of(make_directory(place.path("nothing/new"))), ENOENT);
}

TEST(OpenRegularFile, NeverWaitsAndFollowsNoLink) {
  const TestDirectory place;
  place.make_folder("folder");
  place.write("file", "text");
  place.make_link("link", "file");
  place.make_fifo("fifo");  // which has no writer
  const Fd directory = must_open(place.path());
  EXPECT_EQ(code_of(open_regular_file_at(directory, "file")), 0);
  EXPECT_EQ(code_of(open_regular_file_at(directory, "folder")), EISDIR);
  EXPECT_EQ(code_of(open_regular_file_at(directory, "link")), ELOOP);
  EXPECT_EQ(code_of(open_regular_file_at(directory, "fifo")), EINVAL);
  EXPECT_EQ(code_of(open_regular_file_at(directory, "nothing")), ENOENT);
}

TEST(Unnamed, HasNoNameUntilItIsGivenOne) {
  const TestDirectory place;
  const Fd directory = must_open(place.path());
  const auto file = create_unnamed(directory);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_TRUE(closes_on_exec(*file));
  ASSERT_TRUE(write_all(*file, as_bytes("content")));
  EXPECT_THAT(*list(directory), UnorderedElementsAre());
  const auto linked = link_unnamed(*file, directory, "name");
  ASSERT_TRUE(linked) << linked.error().message();
  EXPECT_EQ(place.read("name"), "content");
}

TEST(Unnamed, LeavesNothingBehindWhenItIsClosed) {
  const TestDirectory place;
  const Fd directory = must_open(place.path());
  {
    ASSERT_TRUE(write_all(*create_unnamed(directory), as_bytes("content")));
  }
  EXPECT_THAT(*list(directory), UnorderedElementsAre());
}

TEST(Unnamed, NeverReplacesAFile) {
  const TestDirectory place;
  place.write("taken", "old");
  place.make_link("dangling", "nothing");
  const Fd directory = must_open(place.path());
  const auto file = create_unnamed(directory);
  ASSERT_TRUE(write_all(*file, as_bytes("new")));
  EXPECT_EQ(code_of(link_unnamed(*file, directory, "taken")), EEXIST);
  EXPECT_EQ(code_of(link_unnamed(*file, directory, "dangling")), EEXIST);
  EXPECT_EQ(place.read("taken"), "old");
  // A taken name costs only the name: the file can still have another.
  EXPECT_EQ(code_of(link_unnamed(*file, directory, "free")), 0);
  EXPECT_EQ(place.read("free"), "new");
}

TEST(Unnamed, IsRefusedWhereTheFileSystemHasNone) {
  EXPECT_THAT(code_of(create_unnamed(must_open("/proc"))), AnyOf(EOPNOTSUPP, EISDIR));
}

TEST(Named, NeverReplacesAFile) {
  const TestDirectory place;
  place.write("taken", "old");
  place.make_link("dangling", "nothing");
  const Fd directory = must_open(place.path());
  const auto file = create_named(directory, "new");
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_TRUE(closes_on_exec(*file));
  EXPECT_TRUE(write_all(*file, as_bytes("content")));
  EXPECT_EQ(place.read("new"), "content");
  EXPECT_EQ(code_of(create_named(directory, "taken")), EEXIST);
  EXPECT_EQ(code_of(create_named(directory, "dangling")), EEXIST);
  EXPECT_EQ(place.read("taken"), "old");
  EXPECT_FALSE(place.has("nothing"));
}

TEST(Rename, NeverReplacesAFile) {
  const TestDirectory place;
  place.write("a", "a"), place.write("b", "b");
  const Fd directory = must_open(place.path());
  EXPECT_EQ(code_of(rename_without_replacing(directory, "a", "b")), EEXIST);
  EXPECT_EQ(code_of(rename_without_replacing(directory, "nothing", "c")), ENOENT);
  EXPECT_EQ(code_of(rename_without_replacing(directory, "a", "c")), 0);
  EXPECT_THAT(*list(directory), UnorderedElementsAre("b", "c"));
  EXPECT_EQ(place.read("b"), "b");
  EXPECT_EQ(place.read("c"), "a");
}

TEST(Rename, MayReplaceAFile) {
  const TestDirectory place;
  place.write("a", "a"), place.write("b", "b");
  const Fd directory = must_open(place.path());
  EXPECT_EQ(code_of(rename_replacing(directory, "a", "b")), 0);
  EXPECT_EQ(code_of(rename_replacing(directory, "a", "b")), ENOENT);
  EXPECT_THAT(*list(directory), UnorderedElementsAre("b"));
  EXPECT_EQ(place.read("b"), "a");
  EXPECT_EQ(code_of(rename_replacing(directory, "b", "c")), 0);
  EXPECT_THAT(*list(directory), UnorderedElementsAre("c"));
}

TEST(RemoveFile, RemovesTheNameAndNotWhatItPointsTo) {
  const TestDirectory place;
  place.write("file", ""), place.make_link("link", "file"), place.make_folder("folder");
  const Fd directory = must_open(place.path());
  EXPECT_EQ(code_of(remove_file(directory, "link")), 0);
  EXPECT_EQ(code_of(remove_file(directory, "nothing")), ENOENT);
  EXPECT_EQ(code_of(remove_file(directory, "folder")), EISDIR);
  EXPECT_THAT(*list(directory), UnorderedElementsAre("file", "folder"));
}

TEST(List, NamesEverythingEveryTime) {
  const TestDirectory place;
  const Fd directory = must_open(place.path());
  EXPECT_THAT(*list(directory), UnorderedElementsAre());
  place.write("file", ""), place.write(".hidden", ""), place.make_folder("folder"),
      place.make_link("link", "nowhere");
  for (int time = 0; time < 2; ++time)
    EXPECT_THAT(*list(directory), UnorderedElementsAre("file", ".hidden", "folder", "link"));
  place.write("file2", "");
  EXPECT_EQ(list(directory)->size(), 5U);
}

TEST(List, OfAFileIsAnError) {
  const TestDirectory place;
  place.write("file", "");
  const int fd = ::open(place.path("file").c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(code_of(list(Fd(fd))), ENOTDIR);
}

/// Everything that is left of a directory, with its kind as one letter.
std::multiset<std::string> entries_of(const Fd& directory) {
  std::multiset<std::string> entries;
  const auto add = [&entries](const DirectoryEntry& entry) {
    const char kind = !entry.kind                                  ? '?'
                      : *entry.kind == FileStatus::Kind::regular   ? 'f'
                      : *entry.kind == FileStatus::Kind::directory ? 'd'
                      : *entry.kind == FileStatus::Kind::link      ? 'l'
                                                                   : 'o';
    entries.insert(std::string(entry.name) + ":" + kind);
  };
  while (read_entries(directory, add).value()) {
  }
  return entries;
}

TEST(Entries, AreReadWithTheirKindsAndAnew) {
  const TestDirectory place;
  place.write("file", "");
  place.make_folder("folder");
  place.make_link("link", "nowhere");
  place.make_fifo("fifo");
  const Fd directory = must_open(place.path());
  const std::multiset<std::string> all{"file:f", "folder:d", "link:l", "fifo:o"};
  EXPECT_EQ(entries_of(directory), all);
  EXPECT_TRUE(entries_of(directory).empty()) << "they have been read";
  ASSERT_TRUE(rewind_entries(directory));
  EXPECT_EQ(entries_of(directory), all);
}

TEST(Entries, ComeInPieces) {
  const TestDirectory place;
  constexpr std::size_t kCount = 1000;
  for (std::size_t i = 0; i < kCount; ++i) place.write("file" + std::to_string(i), "");
  const Fd directory = must_open(place.path());
  std::size_t pieces = 0;
  std::set<std::string> names;
  const auto add = [&names](const DirectoryEntry& entry) { names.emplace(entry.name); };
  while (read_entries(directory, add).value()) ++pieces;
  EXPECT_GT(pieces, 1U);
  EXPECT_EQ(names.size(), kCount);
}

TEST(Entries, OfWhatIsNoDirectoryAreAnError) {
  const TestDirectory place;
  place.write("file", "");
  const Fd file(::open(place.path("file").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(code_of(read_entries(file, [](const DirectoryEntry&) {})), ENOTDIR);
}

TEST(Move, ToAnotherDirectoryReplacesNothing) {
  const TestDirectory place;
  place.make_folder("from");
  place.make_folder("to");
  place.write("from/a", "a");
  place.write("to/taken", "kept");
  const Fd from = must_open(place.path("from"));
  const Fd to = must_open(place.path("to"));
  EXPECT_EQ(code_of(move_without_replacing(from, "a", to, "taken")), EEXIST);
  EXPECT_EQ(place.read("to/taken"), "kept");
  EXPECT_EQ(code_of(move_without_replacing(from, "a", to, "b")), 0);
  EXPECT_FALSE(place.has("from/a"));
  EXPECT_EQ(place.read("to/b"), "a");
  EXPECT_EQ(code_of(move_without_replacing(from, "a", to, "c")), ENOENT);
}

TEST(MayRead, FollowsLinksAndSaysWhatIsMissing) {
  const TestDirectory place;
  place.write("file", "");
  place.make_folder("folder");
  place.make_link("link", "file");
  place.make_link("dangling", "nowhere");
  const Fd directory = must_open(place.path());
  for (const char* name : {"file", "folder", "link", ""})
    EXPECT_EQ(code_of(may_read(directory, name)), 0) << name;
  EXPECT_EQ(code_of(may_read(directory, "dangling")), ENOENT);
  EXPECT_EQ(code_of(may_list(directory, "folder")), 0);
  EXPECT_EQ(code_of(may_list(directory, "")), 0);
  EXPECT_EQ(code_of(may_list(directory, "file")), EACCES) << "nobody may search it, not even root";
}

}  // namespace
}  // namespace bobbin::os

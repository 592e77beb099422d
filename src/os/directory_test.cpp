#include "os/directory.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/resource.h>

#include "os/file.h"
#include "os/test_directory.h"

namespace bobbin::os {
namespace {

using ::testing::AnyOf;
using ::testing::UnorderedElementsAre;

Fd must_open(const std::string& path) {
  auto directory = open_directory(path);
  EXPECT_TRUE(directory) << directory.error().message();
  return directory ? *std::move(directory) : Fd();
}

std::string content(const Fd& file) {
  std::string text(64, '\0');
  const auto count = read_at(file, std::as_writable_bytes(std::span(text)), 0);
  text.resize(count.value_or(0));
  return text;
}

bool closes_on_exec(const Fd& fd) { return (::fcntl(fd.number(), F_GETFD) & FD_CLOEXEC) != 0; }

/// 0 for success.
template <typename T>
int code_of(const Result<T>& result) {
  return result ? 0 : result.error().code;
}

/// A root with a secret beside it: `site/` is what is opened, everything else must stay out of reach.
class OpenBeneath : public ::testing::Test {
 protected:
  OpenBeneath() {
    place.make_folder("site/folder/deep");
    place.write("site/file", "inside");
    place.write("site/folder/file", "in folder");
    place.write("secret", "secret");
    place.make_folder("site-old");
    place.write("site-old/file", "sibling");
    root = must_open(place.path("site"));
  }

  TestDirectory place;
  Fd root;
};

TEST_F(OpenBeneath, OpensWhatIsInside) {
  place.make_link("site/link", "folder/file");
  place.make_link("site/folder/up", "../file");
  place.make_link("site/folder-link", "folder");
  const struct {
    const char* path;
    const char* want;
  } cases[] = {{"file", "inside"},
               {"./file", "inside"},
               {"folder/file", "in folder"},
               {"folder//file", "in folder"},
               {"folder/../file", "inside"},  // `..` is fine as long as the walk stays inside
               {"link", "in folder"},
               {"folder/up", "inside"},
               {"folder-link/file", "in folder"}};
  for (const auto& [path, want] : cases) {
    SCOPED_TRACE(path);
    const auto file = open_beneath(root, path);
    ASSERT_TRUE(file) << file.error().message();
    EXPECT_EQ(content(*file), want);
    EXPECT_TRUE(closes_on_exec(*file));
  }
}

TEST_F(OpenBeneath, OpensTheRootItself) {
  const auto want = status(root);
  for (const char* path : {"", ".", "folder/.."}) {
    SCOPED_TRACE(path);
    const auto directory = open_beneath(root, path);
    ASSERT_TRUE(directory) << directory.error().message();
    EXPECT_EQ(status(*directory)->inode, want->inode);
  }
}

TEST_F(OpenBeneath, NeverLeavesTheRoot) {
  place.make_link("site/to-file", "../secret");
  place.make_link("site/to-folder", "..");
  place.make_link("site/to-sibling", "../site-old");
  place.make_link("site/absolute", place.path("secret"));
  // An absolute link starts at the file system's root, which is outside, wherever it ends.
  place.make_link("site/absolute-inside", place.path("site/file"));
  place.make_link("site/first", "second");
  place.make_link("site/second", "../secret");
  place.make_link("site/out-and-in", "../site/file");
  const std::string absolute = place.path("site/file");
  const char* const paths[] = {"..",
                               "../secret",
                               "../site/file",
                               "../site-old/file",
                               "folder/../../secret",
                               "folder/deep/../../../secret",
                               "to-file",
                               "to-folder",
                               "to-folder/secret",
                               "to-sibling/file",
                               "absolute",
                               "absolute-inside",
                               "first",
                               "out-and-in",
                               absolute.c_str(),
                               "/etc/passwd",
                               "/"};
  for (const char* path : paths) {
    SCOPED_TRACE(path);
    EXPECT_EQ(code_of(open_beneath(root, path)), EXDEV);
  }
}

TEST_F(OpenBeneath, ReportsWhatIsWrong) {
  place.make_link("site/loop", "loop");
  place.make_link("site/dangling", "nothing");
  const std::string long_name(256, 'x');
  const struct {
    std::string path;
    int want;
  } cases[] = {{"nothing", ENOENT},       {"folder/nothing", ENOENT},
               {"nothing/file", ENOENT},  {"dangling", ENOENT},
               {"file/", ENOTDIR},        {"file/file", ENOTDIR},
               {long_name, ENAMETOOLONG}, {"loop", ELOOP},
               {"loop/file", ELOOP},      {std::string(5000, 'x'), ENAMETOOLONG}};
  for (const auto& [path, want] : cases) {
    SCOPED_TRACE(path.substr(0, 40));
    EXPECT_EQ(code_of(open_beneath(root, path)), want);
  }
}

TEST_F(OpenBeneath, FollowsNoMagicLink) {
  EXPECT_EQ(code_of(open_beneath(must_open("/proc/self"), "exe")), ELOOP);
  EXPECT_EQ(code_of(open_beneath(must_open("/proc/self"), "root/etc/passwd")), ELOOP);
}

TEST_F(OpenBeneath, DoesNotWaitForTheOtherEndOfAFifo) {
  place.make_fifo("site/fifo");
  const auto fifo = open_beneath(root, "fifo");
  ASSERT_TRUE(fifo) << fifo.error().message();
  EXPECT_EQ(status(*fifo)->kind, FileStatus::Kind::other);
}

TEST_F(OpenBeneath, KeepsItsRootWhenTheRootIsMoved) {
  std::filesystem::rename(place.path("site"), place.path("moved"));
  std::filesystem::rename(place.path("site-old"), place.path("site"));
  const auto file = open_beneath(root, "file");
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(content(*file), "inside");
}

TEST_F(OpenBeneath, TellsALackOfDescriptorsFromALackOfTheFile) {
  // Made beforehand: sanitizers need descriptors of their own to check the access to a member.
  const Fd& at = root;
  const std::string name = "file";
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const int code = code_of(open_beneath(at, name));
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(code, EMFILE);
}

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
  const Fd root = must_open(place.path());
  EXPECT_EQ(code_of(list(*open_beneath(root, "file"))), ENOTDIR);
}

}  // namespace
}  // namespace bobbin::os

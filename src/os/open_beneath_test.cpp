#include "os/open_beneath.h"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <future>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "os/directory.h"
#include "os/file.h"
#include "os/root.h"
#include "os/test_directory.h"
#include "os/test_lease.h"
#include "os/test_open.h"

namespace bobbin::os {
namespace {

using Kind = FileStatus::Kind;

Root must_open_root(const std::string& path, Links links = Links::inside) {
  auto root = Root::open(path, links);
  EXPECT_TRUE(root) << root.error().message();
  return *std::move(root);
}

std::string content(const Fd& file) {
  std::string text(64, '\0');
  const auto count = read_at(file, std::as_writable_bytes(std::span(text)), 0);
  text.resize(count.value_or(0));
  return text;
}

/// A root with a secret beside it: `site/` is what is opened, everything else must stay out of reach. Every
/// test is run with each way of walking a path.
class OpenBeneath : public ::testing::TestWithParam<PathWalk> {
 protected:
  OpenBeneath() {
    place.make_folder("site/folder/deep");
    place.write("site/file", "inside");
    place.write("site/folder/file", "in folder");
    place.write("secret", "secret");
    place.make_folder("site-old");
    place.write("site-old/file", "sibling");
  }

  static bool follows_links() { return GetParam() == PathWalk::by_kernel; }
  [[nodiscard]] Result<Opened> open(const std::string& path) const {
    return open_beneath(root, path, GetParam());
  }

 private:
  [[nodiscard]] static std::string site_in(const TestDirectory& place) {
    place.make_folder("site");
    return place.path("site");
  }

 protected:
  TestDirectory place;
  Root root = must_open_root(site_in(place));
};

INSTANTIATE_TEST_SUITE_P(Walks, OpenBeneath, ::testing::Values(PathWalk::by_kernel, PathWalk::by_component),
                         [](const auto& param_info) {
                           return param_info.param == PathWalk::by_kernel ? "ByKernel" : "ByComponent";
                         });

TEST_P(OpenBeneath, OpensWhatIsInside) {
  const struct {
    const char* path;
    const char* want;
  } cases[] = {{"file", "inside"},
               {"./file", "inside"},
               {"folder/file", "in folder"},
               {"folder//file", "in folder"},
               {"folder/./file", "in folder"}};
  for (const auto& [path, want] : cases) {
    SCOPED_TRACE(path);
    const auto file = open(path);
    ASSERT_TRUE(file) << file.error().message();
    EXPECT_EQ(content(file->fd), want);
    EXPECT_EQ(file->status, *status(file->fd));
    EXPECT_NE(::fcntl(file->fd.number(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_EQ(*status_beneath(root, path, GetParam()), file->status);
  }
}

TEST_P(OpenBeneath, FollowsLinksThatStayInsideOrNone) {
  place.make_link("site/link", "folder/file");
  place.make_link("site/folder/up", "../file");
  place.make_link("site/folder-link", "folder");
  const struct {
    const char* path;
    const char* want;
  } cases[] = {{"link", "in folder"}, {"folder/up", "inside"}, {"folder-link/file", "in folder"}};
  for (const auto& [path, want] : cases) {
    SCOPED_TRACE(path);
    const auto file = open(path);
    EXPECT_EQ(code_of(file), follows_links() ? 0 : ELOOP);
    EXPECT_EQ(code_of(status_beneath(root, path, GetParam())), follows_links() ? 0 : ELOOP);
    EXPECT_EQ(file ? content(file->fd) : want, want);
  }
}

TEST_P(OpenBeneath, MayGoUpInsideOrNever) {
  for (const char* path : {"folder/../file", "folder/.."}) {
    SCOPED_TRACE(path);
    EXPECT_EQ(code_of(open(path)), follows_links() ? 0 : EXDEV);
  }
}

TEST_P(OpenBeneath, OpensTheRootItself) {
  const auto want = status(root.fd());
  for (const char* path : {"", ".", "./", "folder/./../"}) {
    if (!follows_links() && std::string_view(path).find("..") != std::string_view::npos) continue;
    SCOPED_TRACE(path);
    const auto directory = open(path);
    ASSERT_TRUE(directory) << directory.error().message();
    EXPECT_EQ(directory->status.inode, want->inode);
    EXPECT_EQ(directory->status.kind, Kind::directory);
    EXPECT_FALSE(list(directory->fd)->empty()) << "it is open for reading";
  }
}

TEST_P(OpenBeneath, NeverLeavesTheRoot) {
  const std::string absolute = place.path("site/file");
  const char* const paths[] = {"..",
                               "../secret",
                               "../site/file",
                               "../site-old/file",
                               "folder/../../secret",
                               "folder/deep/../../../secret",
                               "/etc/passwd",
                               "/",
                               absolute.c_str()};
  for (const char* path : paths) {
    SCOPED_TRACE(path);
    EXPECT_EQ(code_of(open(path)), EXDEV);
    EXPECT_EQ(code_of(status_beneath(root, path, GetParam())), EXDEV);
  }
}

TEST_P(OpenBeneath, NeverLeavesTheRootThroughALink) {
  place.make_link("site/to-file", "../secret");
  place.make_link("site/to-folder", "..");
  place.make_link("site/to-sibling", "../site-old");
  place.make_link("site/absolute", place.path("secret"));
  place.make_link("site/first", "second");
  place.make_link("site/second", "../secret");
  place.make_link("site/out-and-in", "../site/file");
  const char* const paths[] = {"to-file",  "to-folder", "to-folder/secret", "to-sibling/file",
                               "absolute", "first",     "out-and-in"};
  for (const char* path : paths) {
    SCOPED_TRACE(path);
    EXPECT_EQ(code_of(open(path)), follows_links() ? EXDEV : ELOOP);
    EXPECT_EQ(code_of(status_beneath(root, path, GetParam())), follows_links() ? EXDEV : ELOOP);
  }
}

TEST_P(OpenBeneath, ReportsWhatIsWrong) {
  place.make_link("site/loop", "loop");
  place.make_link("site/dangling", "nothing");
  std::string long_path;
  while (long_path.size() < 5000) long_path += "folder/./";
  const struct {
    std::string path;
    int want;
  } cases[] = {{"nothing", ENOENT},      {"folder/nothing", ENOENT},
               {"nothing/file", ENOENT}, {"dangling", follows_links() ? ENOENT : ELOOP},
               {"file/", ENOTDIR},       {"file/file", ENOTDIR},
               {"file/.", ENOTDIR},      {std::string(256, 'x'), ENAMETOOLONG},
               {"loop", ELOOP},          {"loop/", ELOOP},
               {"loop/file", ELOOP},     {std::string(5000, 'x'), ENAMETOOLONG},
               {long_path, ENAMETOOLONG}};
  for (const auto& [path, want] : cases) {
    SCOPED_TRACE(path.substr(0, 40));
    EXPECT_EQ(code_of(open(path)), want);
  }
}

TEST_P(OpenBeneath, FollowsNoMagicLink) {
  const Root self = must_open_root("/proc/self");
  EXPECT_EQ(code_of(open_beneath(self, "exe", GetParam())), ELOOP);
  EXPECT_EQ(code_of(open_beneath(self, "root/etc/passwd", GetParam())), ELOOP);
}

/// Whether a reader has the FIFO open: open(2) for writing says ENXIO when none has.
bool has_reader(const std::string& fifo) {
  const Fd writer(::open(fifo.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  return static_cast<bool>(writer);
}

TEST_P(OpenBeneath, LooksAtAFifoAndDoesNotOpenIt) {
  place.make_fifo("site/fifo");
  ASSERT_FALSE(has_reader(place.path("site/fifo")));
  const auto fifo = open("fifo");
  ASSERT_TRUE(fifo) << fifo.error().message();
  EXPECT_EQ(fifo->status.kind, Kind::other);
  EXPECT_FALSE(has_reader(place.path("site/fifo")));
}

TEST_P(OpenBeneath, DoesNotWaitForTheHolderOfALease) {
  const TestLease lease(place.path("site/file"));
  const auto leased = open("file");
  ASSERT_TRUE(leased) << leased.error().message();
  EXPECT_TRUE(leased->is_leased);
  EXPECT_EQ(leased->status.size_bytes, 6U);
  EXPECT_NE(::fcntl(leased->fd.number(), F_GETFL) & O_PATH, 0);
  EXPECT_TRUE(lease.is_wanted()) << "the holder has been asked";

  // Whatever has its name by now.
  ASSERT_EQ(::rename(place.path("site/file").c_str(), place.path("site/old").c_str()), 0);
  place.make_fifo("site/file");
  auto waiting = std::async(std::launch::async, [&] { return wait_for_lease(leased->fd); });
  lease.write_back("INSIDE");
  lease.give_up();
  const auto file = waiting.get();
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(content(*file), "INSIDE");
  EXPECT_FALSE(open("old")->is_leased);
}

TEST_P(OpenBeneath, OpensNoDevice) {
  const auto device = open_beneath(must_open_root("/dev"), "null", GetParam());
  ASSERT_TRUE(device) << device.error().message();
  EXPECT_EQ(device->status.kind, Kind::other);
  EXPECT_NE(::fcntl(device->fd.number(), F_GETFL) & O_PATH, 0);
}

TEST_P(OpenBeneath, ObeysThePermissionsOfTheFile) {
  ASSERT_EQ(::chmod(place.path("site/file").c_str(), 0), 0);
  // To root nothing is forbidden. A process that has changed its user is not dumpable either, which is the
  // strictest case for /proc: what is permitted must still be opened.
  const uid_t before = ::geteuid();
  ASSERT_EQ(::seteuid(before == 0 ? 65534 : before), 0);
  const int forbidden = code_of(open("file"));
  const int permitted = code_of(open("folder/file"));
  ASSERT_EQ(::seteuid(before), 0);
  EXPECT_EQ(forbidden, EACCES);
  EXPECT_EQ(permitted, 0);
}

TEST_P(OpenBeneath, KeepsItsRootWhenTheRootIsMoved) {
  std::filesystem::rename(place.path("site"), place.path("moved"));
  std::filesystem::rename(place.path("site-old"), place.path("site"));
  const auto file = open("file");
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(content(file->fd), "inside");
}

TEST_P(OpenBeneath, TellsALackOfDescriptorsFromALackOfTheFile) {
  // Made beforehand: sanitizers need descriptors of their own to check the access to a member.
  const Root& at = root;
  const std::string name = "file";
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const int code = code_of(open_beneath(at, name, GetParam()));
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(code, EMFILE);
}

TEST_P(OpenBeneath, LeavesNoDescriptorOpen) {
  place.make_fifo("site/fifo");
  place.make_link("site/link", "file");
  static_cast<void>(open("file"));  // what is opened once for all
  const auto count = [] { return list(must_open("/proc/self/fd"))->size(); };
  const std::size_t before = count();
  for (const char* path : {"file", "folder/file", "folder/deep", "fifo", "link", "nothing", "file/file"})
    static_cast<void>(open(path));
  EXPECT_EQ(count(), before);
}

// From here on what only the kernel's walk does: by component no link is followed at all.

class Inside : public ::testing::Test {
 protected:
  Inside() {
    place.make_folder("releases/5/folder");
    place.make_folder("releases/5-old");
    place.write("releases/5/file", "inside");
    place.write("releases/5/folder/file", "in folder");
    place.write("releases/5-old/file", "sibling");
    place.write("secret", "secret");
    place.make_link("current", "releases/5");
    root.emplace(must_open_root(place.path("current")));
  }
  void link(std::string_view name, const std::string& target) const {
    place.make_link("releases/5/" + std::string(name), target);
  }
  [[nodiscard]] std::string read(const std::string& path) const {
    const auto file = open_beneath(*root, path);
    if (!file) return "error " + std::to_string(file.error().code);
    EXPECT_EQ(*status_beneath(*root, path), file->status);
    return file->status.kind == Kind::directory ? "a folder" : content(file->fd);
  }
  static std::string error(int code) { return "error " + std::to_string(code); }

  TestDirectory place;
  std::optional<Root> root;
};

TEST_F(Inside, FollowsAnAbsoluteLinkThatEndsBeneathTheRoot) {
  link("by-name", place.path("current/file"));
  link("by-place", place.path("releases/5/file"));
  link("with-idle-parts", place.path() + "/.//releases/./5//folder/./file");
  link("to-folder", place.path("current/folder"));
  link("to-folder-with-slash", place.path("current/folder/"));
  link("to-root", place.path("current"));
  link("relative-to-absolute", "folder/up");
  link("folder/up", place.path("current/by-place"));
  link("up-and-down", place.path("current/folder/../file"));
  const struct {
    const char* path;
    const char* want;
  } cases[] = {{"by-name", "inside"},
               {"by-place", "inside"},
               {"with-idle-parts", "in folder"},
               {"to-folder", "a folder"},
               {"to-folder/", "a folder"},
               {"to-folder/file", "in folder"},
               {"to-folder-with-slash/file", "in folder"},
               {"to-root", "a folder"},
               {"to-root/", "a folder"},
               {"to-root/.", "a folder"},
               {"to-root/to-root/to-folder/file", "in folder"},
               {"relative-to-absolute", "inside"},
               {"up-and-down", "inside"}};
  for (const auto& [path, want] : cases) {
    SCOPED_TRACE(path);
    EXPECT_EQ(read(path), want);
  }
}

TEST_F(Inside, RefusesAnAbsoluteLinkThatEndsElsewhere) {
  link("to-secret", place.path("secret"));
  link("to-sibling", place.path("releases/5-old/file"));
  link("above", place.path());
  link("up", place.path("current/../secret"));
  link("up-beneath", place.path("current/folder/../../../secret"));
  link("to-relative", place.path("current/leaves"));
  link("leaves", "../../secret");
  link("nowhere", "/nothing/at/all");
  link("proc", "/proc/self/root" + place.path("current/file"));
  for (const char* path : {"to-secret", "to-sibling", "above", "above/secret", "above/current/file", "up",
                           "up-beneath", "to-relative", "leaves", "nowhere", "proc"}) {
    SCOPED_TRACE(path);
    EXPECT_EQ(read(path), error(EXDEV));
    EXPECT_EQ(code_of(status_beneath(*root, path)), EXDEV);
  }
}

TEST_F(Inside, SaysWhatIsWrongWithAnAbsoluteLink) {
  link("dangling", place.path("current/nothing"));
  link("to-file", place.path("current/file"));
  link("to-file-as-folder", place.path("current/file/"));
  link("loop", place.path("current/loop"));
  EXPECT_EQ(read("dangling"), error(ENOENT));
  EXPECT_EQ(read("to-file/"), error(ENOTDIR));
  EXPECT_EQ(read("to-file/x"), error(ENOTDIR));
  EXPECT_EQ(read("to-file-as-folder"), error(ENOTDIR));
  EXPECT_EQ(read("loop"), error(ELOOP));
  place.make_fifo("releases/5/fifo");
  link("to-fifo", place.path("current/fifo"));
  EXPECT_EQ(open_beneath(*root, "to-fifo")->status.kind, Kind::other);
}

TEST_F(Inside, ALinkByTheNameOfTheRootStaysInTheReleaseThatIsOpen) {
  link("by-name", place.path("current/file"));
  place.make_folder("releases/6");
  place.write("releases/6/file", "another release");
  std::filesystem::remove(place.path("current"));
  place.make_link("current", "releases/6");
  EXPECT_EQ(read("by-name"), "inside");
}

TEST_F(Inside, ALinkByThePlaceOfTheRootIsGoodWhereTheRootWasMoved) {
  link("by-place", place.path("releases/moved/file"));
  EXPECT_EQ(read("by-place"), error(EXDEV));
  std::filesystem::rename(place.path("releases/5"), place.path("releases/moved"));
  EXPECT_EQ(read("by-place"), "inside");
}

TEST_F(Inside, LeavesNoDescriptorOpen) {
  link("by-name", place.path("current/file"));
  link("to-secret", place.path("secret"));
  const auto count = [] { return list(must_open("/proc/self/fd"))->size(); };
  static_cast<void>(read("file"));
  const std::size_t before = count();
  static_cast<void>(read("by-name"));
  static_cast<void>(read("to-secret"));
  EXPECT_EQ(count(), before);
}

// What a link leads to is changed all the time by somebody else: any file beneath the root may come of it, or
// an error, never the secret.
TEST_F(Inside, IsNotLedOutByALinkThatChanges) {
  link("first", place.path("current/second"));
  link("second", place.path("current/folder/file"));
  std::atomic<bool> stop = false;
  std::thread changer([&] {
    const std::string name = place.path("releases/5/second");
    const std::string spare = place.path("releases/spare");
    const std::string targets[] = {place.path("secret"), place.path("current/folder/file"), "../../secret"};
    for (std::size_t i = 0; !stop; ++i) {
      ASSERT_EQ(::symlink(targets[i % 3].c_str(), spare.c_str()), 0);
      ASSERT_EQ(::rename(spare.c_str(), name.c_str()), 0);
    }
  });
  int served = 0;
  for (int i = 0; i < 20'000 || (served == 0 && i < 2'000'000); ++i) {
    const auto file = open_beneath(*root, "first");
    const std::string text = file ? content(file->fd) : "";
    served += text == "in folder";
    ASSERT_NE(text, "secret");
  }
  stop = true;
  changer.join();
  EXPECT_GT(served, 0);
}

TEST_F(Inside, WithLinksNoFollowsNone) {
  link("link", "file");
  link("folder-link", "folder");
  link("absolute", place.path("current/file"));
  root.emplace(must_open_root(place.path("current"), Links::no));
  EXPECT_EQ(read("file"), "inside");
  EXPECT_EQ(read("folder/file"), "in folder");
  for (const char* path : {"link", "folder-link", "folder-link/file", "absolute"}) {
    SCOPED_TRACE(path);
    EXPECT_EQ(read(path), error(ELOOP));
    EXPECT_EQ(code_of(status_beneath(*root, path)), ELOOP);
  }
}

TEST_F(Inside, WithLinksYesFollowsAllButMagicOnes) {
  link("absolute", place.path("current/file"));
  link("to-secret", place.path("secret"));
  link("leaves", "../../secret");
  link("above", place.path());
  link("magic", "/proc/self/exe");
  root.emplace(must_open_root(place.path("current"), Links::yes));
  EXPECT_EQ(read("absolute"), "inside");
  EXPECT_EQ(read("to-secret"), "secret");
  EXPECT_EQ(read("leaves"), "secret");
  EXPECT_EQ(read("above/secret"), "secret");
  EXPECT_EQ(read("magic"), error(ELOOP));
}

TEST_F(Inside, WithLinksYesThePathItselfStillCannotLeave) {
  root.emplace(must_open_root(place.path("current"), Links::yes));
  const std::string absolute = place.path("current/file");
  for (const std::string& path :
       {std::string(".."), std::string("../../secret"), std::string("folder/../../../secret"), absolute}) {
    SCOPED_TRACE(path);
    EXPECT_EQ(read(path), error(EXDEV));
  }
}

TEST_F(Inside, ByComponentNoLinkIsFollowedWhateverTheRootSays) {
  link("link", "file");
  root.emplace(must_open_root(place.path("current"), Links::yes));
  EXPECT_EQ(code_of(open_beneath(*root, "link", PathWalk::by_component)), ELOOP);
}

TEST(Root, KnowsItsNamesWithoutLinksInItsOwnPath) {
  const TestDirectory place;
  place.make_folder("a/b");
  place.make_link("link", "a/b");
  const Root root = must_open_root(place.path("a/../link/"));
  ASSERT_EQ(root.names().size(), 2U);
  EXPECT_EQ(root.names()[0], place.path("link/"));
  EXPECT_EQ(root.names()[1], std::filesystem::canonical(place.path("a/b")).string());
  EXPECT_EQ(status(root.duplicate(Links::no)->fd())->inode, status(root.fd())->inode);
  EXPECT_EQ(Root::open(place.path("nothing")).error().code, ENOENT);
}

TEST(Openat2, IsAvailableWhereTheTestsRun) {
  EXPECT_TRUE(openat2_is_available());
  EXPECT_EQ(available_walk(), PathWalk::by_kernel);
}

}  // namespace
}  // namespace bobbin::os

#include "files/file_witness.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <thread>

#include "os/directory.h"
#include "os/open_beneath.h"
#include "os/test_directory.h"

namespace bobbin::files {
namespace {

namespace fs = std::filesystem;

/// Each test runs with folders that have just been made, whose changes could go unseen so that the kernel
/// walks each time, and with some that are old enough to be relied upon.
class FileWitnessTest : public testing::TestWithParam<bool> {
 protected:
  FileWitnessTest() {
    place_.make_folder("root/a/b");
    place_.make_folder("outside");
    place_.write("root/top.html", "top");
    place_.write("root/a/page.html", "page");
    place_.write("root/a/b/page.html", "deep");
    fs::create_symlink("a/page.html", place_.path("root/link.html"));
    root_ = *os::open_directory(place_.path("root"));
    // Nothing but the clock can tell that a ctime is old enough.
    if (GetParam()) std::this_thread::sleep_for(milliseconds(60));
  }

  /// Of what is there now; asked a few times, as it would be.
  std::shared_ptr<http::Revalidator> remembered(const std::string& name) {
    const auto status = os::status_beneath(root_, name);
    auto same = file_witness(root_, name, status ? std::optional(*status) : std::nullopt);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(same->is_fresh()) << name;
    return same;
  }
  [[nodiscard]] fs::path path(const std::string& name) const { return place_.path(name); }
  /// As a deployment might: the same files, elsewhere, and a link to them.
  void move_out_and_link(const std::string& name) {
    fs::rename(path("root/" + name), path("outside/moved"));
    fs::create_symlink(path("outside/moved"), path("root/" + name));
  }

  os::TestDirectory place_;
  os::Fd root_;
};

TEST_P(FileWitnessTest, HoldsWhateverHappensBeside) {
  for (const char* name :
       {"top.html", "a/page.html", "a/b/page.html", "link.html", "nothing.html", "a/nothing.html"}) {
    const auto same = remembered(name);
    place_.write("root/beside.txt", "x");
    place_.write("root/a/beside.txt", "x");
    EXPECT_TRUE(same->is_fresh()) << name;
    EXPECT_TRUE(same->is_fresh()) << name;
    fs::remove(path("root/beside.txt"));
  }
}

TEST_P(FileWitnessTest, EndsWhenTheFileChanges) {
  for (const std::string name : {"top.html", "a/page.html", "a/b/page.html", "link.html"}) {
    SCOPED_TRACE(name);
    const auto same = remembered(name);
    place_.write("root/" + name, "another text");
    EXPECT_FALSE(same->is_fresh());
    const auto again = remembered(name);
    fs::remove(path("root/" + name));
    EXPECT_FALSE(again->is_fresh());
  }
}

TEST_P(FileWitnessTest, EndsWhenSomethingIsWhereNothingWas) {
  for (const std::string name : {"nothing.html", "a/nothing.html", "c/nothing.html"}) {
    SCOPED_TRACE(name);
    const auto same = remembered(name);
    place_.make_folder("root/c");
    place_.write("root/" + name, "something");
    EXPECT_FALSE(same->is_fresh());
  }
}

TEST_P(FileWitnessTest, EndsWhenAFolderHasBecomeALinkOutOfTheRoot) {
  const auto same = remembered("a/page.html");
  const auto missing = remembered("a/nothing.html");
  const auto linked = remembered("link.html");
  move_out_and_link("a");
  EXPECT_FALSE(same->is_fresh());
  EXPECT_FALSE(missing->is_fresh());
  EXPECT_FALSE(linked->is_fresh());
}

TEST_P(FileWitnessTest, EndsWhenAFolderFurtherDownHas) {
  const auto same = remembered("a/b/page.html");
  move_out_and_link("a/b");
  EXPECT_FALSE(same->is_fresh());
}

TEST_P(FileWitnessTest, HoldsBehindALinkThatStaysInTheRoot) {
  const auto same = remembered("a/page.html");
  fs::rename(path("root/a"), path("root/c"));
  fs::create_symlink("c", path("root/a"));
  EXPECT_TRUE(same->is_fresh());
  EXPECT_TRUE(same->is_fresh());
  fs::remove(path("root/a"));
  fs::rename(path("root/c"), path("outside/moved"));
  fs::create_symlink(path("outside/moved"), path("root/a"));
  EXPECT_FALSE(same->is_fresh());
}

INSTANTIATE_TEST_SUITE_P(Folders, FileWitnessTest, testing::Values(false, true),
                         [](const auto& each) { return each.param ? "Old" : "JustMade"; });

}  // namespace
}  // namespace bobbin::files

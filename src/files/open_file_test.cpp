#include "files/open_file.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <unistd.h>

#include "os/page_cache.h"
#include "os/root.h"
#include "os/test_directory.h"

namespace bobbin::files {
namespace {

namespace fs = std::filesystem;
using os::TestDirectory;

constexpr const char* kOldText = "the old content";

/// Past the tick in which the file was made, so that the next change cannot carry the same time.
void let_the_clock_tick() { std::this_thread::sleep_for(milliseconds(25)); }

class OpenFileTest : public ::testing::Test {
 protected:
  OpenFileTest() {
    place.write("file", kOldText);
    place.write("other", "something new!!");
    let_the_clock_tick();
  }

  OpenFile must_open(const std::string& name) {
    auto file = OpenFile::open(root, name);
    EXPECT_TRUE(file) << file.error().message();
    return *std::move(file);
  }

  TestDirectory place;
  os::Root root = *os::Root::open(place.path());
};

void overwrite_in_place(const TestDirectory& place) {
  std::fstream file(place.path("file"), std::ios::in | std::ios::out | std::ios::binary);
  file << "THE NEW";
}

struct Change {
  const char* name;
  std::function<void(const TestDirectory&)> make;
  bool unchanged;
};

// CONTRACT §7 row 16. `unchanged` decides whether the last bytes leave.
const Change kChanges[] = {
    {"nothing", [](const auto&) {}, true},
    {"deleted", [](const auto& place) { fs::remove(place.path("file")); }, true},
    {"replaced by a rename", [](const auto& place) { fs::rename(place.path("other"), place.path("file")); },
     true},
    {"another name added",
     [](const auto& place) { fs::create_hard_link(place.path("file"), place.path("b")); }, true},
    {"read", [](const auto& place) { EXPECT_EQ(place.read("file"), kOldText); }, true},
    {"truncated", [](const auto& place) { fs::resize_file(place.path("file"), 3); }, false},
    {"emptied", [](const auto& place) { fs::resize_file(place.path("file"), 0); }, false},
    {"appended to", [](const auto& place) { std::ofstream(place.path("file"), std::ios::app) << "more"; },
     false},
    {"overwritten in place", [](const auto& place) { overwrite_in_place(place); }, false},
    {"overwritten, mtime set back",
     [](const auto& place) {
       const auto before = fs::last_write_time(place.path("file"));
       overwrite_in_place(place);
       fs::last_write_time(place.path("file"), before);
     },
     false},
    {"overwritten, then deleted",
     [](const auto& place) {
       overwrite_in_place(place);
       fs::remove(place.path("file"));
     },
     false},
    // Cannot be told from a write whose mtime was set back: cut short, to be on the safe side.
    {"mode changed",
     [](const auto& place) {
       fs::permissions(place.path("file"), fs::perms::owner_read | fs::perms::group_read);
     },
     false},
};

TEST_F(OpenFileTest, KnowsWhetherItsContentIsStillTheSame) {
  for (const auto& [name, make, want] : kChanges) {
    SCOPED_TRACE(name);
    fs::remove(place.path("file")), fs::remove(place.path("b"));
    place.write("file", kOldText), place.write("other", "something new!!");
    let_the_clock_tick();
    const OpenFile file = must_open("file");
    make(place);
    EXPECT_EQ(file.unchanged(), want);
    const auto bytes = file.read({0, file.status().size_bytes});
    if (want) {
      EXPECT_EQ(bytes.value_or("an error"), kOldText);
    } else {
      ASSERT_FALSE(bytes);
      EXPECT_EQ(bytes.error().code, EAGAIN);
    }
  }
}

TEST_F(OpenFileTest, ReadsWhatIsThereAfterLookingAgain) {
  OpenFile file = must_open("file");
  place.write("file", "longer than the old content");
  ASSERT_FALSE(file.unchanged());
  ASSERT_TRUE(file.refresh_status());
  EXPECT_TRUE(file.unchanged());
  EXPECT_EQ(file.read({0, file.status().size_bytes}).value_or("an error"), "longer than the old content");
}

TEST_F(OpenFileTest, ReadsARange) {
  const OpenFile file = must_open("file");
  EXPECT_EQ(file.read({4, 3}).value_or("an error"), "old");
  EXPECT_EQ(file.read({8, 7}).value_or("an error"), "content");
  EXPECT_EQ(file.read({0, 0}).value_or("an error"), "");
}

TEST_F(OpenFileTest, ReadsNothingThatWouldHaveToBeWaitedFor) {
  // A look at what is missing makes the kernel read it: so the one file tells whether there can be such a
  // thing, and the other is the test's.
  const auto evicted = [this](const char* name) {
    place.write(name, std::string(10'000, 'x'));
    OpenFile file = must_open(name);
    EXPECT_EQ(::fsync(file.descriptor()), 0);
    EXPECT_EQ(::posix_fadvise(file.descriptor(), 0, 0, POSIX_FADV_DONTNEED), 0);
    return file;
  };
  if (os::seems_cached(evicted("probe").descriptor(), 0, 10'000))
    GTEST_SKIP() << "this file system keeps everything in memory";
  // The kernel evicts what nobody else is busy with: so not always at the first time.
  OpenFile file = evicted("cold");
  bool had_to_wait = false;
  for (int attempt = 0; attempt < 100 && !had_to_wait; ++attempt) {
    file = evicted("cold");
    const auto bytes = file.read({0, 10'000});
    ASSERT_TRUE(bytes) << bytes.error().message();
    had_to_wait = !bytes->has_value();
  }
  EXPECT_TRUE(had_to_wait);
  ASSERT_TRUE(os::read_into_cache(file.descriptor(), 0, 10'000));
  EXPECT_EQ(file.read({0, 10'000}).value_or("an error"), std::string(10'000, 'x'));
}

TEST_F(OpenFileTest, LooksAtTheClockBeforeTheFile) {
  const WallTime before = wall_now();
  const OpenFile file = must_open("file");
  EXPECT_GE(file.looked_at(), before);
  EXPECT_LE(file.looked_at(), wall_now());
  EXPECT_GT(file.looked_at(), file.status().changed);
}

TEST_F(OpenFileTest, FailsLikeTheKernel) {
  place.make_link("out", "../");
  EXPECT_EQ(OpenFile::open(root, "nothing").error().code, ENOENT);
  EXPECT_EQ(OpenFile::open(root, "out").error().code, EXDEV);
}

TEST_F(OpenFileTest, ClosesItsDescriptor) {
  const auto open_now = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  must_open("file");  // the first one may leave what is opened once for the process
  const auto before = open_now();
  {
    const OpenFile file = must_open("file");
    EXPECT_EQ(open_now(), before + 1);
  }
  EXPECT_EQ(open_now(), before);
}

}  // namespace
}  // namespace bobbin::files

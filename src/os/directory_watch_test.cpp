#include "os/directory_watch.h"

#include <cerrno>
#include <gtest/gtest.h>
#include <poll.h>

#include "os/directory.h"
#include "os/test_directory.h"

namespace bobbin::os {
namespace {

bool is_readable(const DirectoryWatch& watch) {
  pollfd polled{.fd = watch.fd().number(), .events = POLLIN, .revents = 0};
  return ::poll(&polled, 1, 0) == 1;
}

TEST(DirectoryWatchTest, NoticesEachWayInWhichANameAppears) {
  const TestDirectory place;
  place.make_folder("in");
  place.write("in/old", "");
  place.write("other", "");
  const auto directory = open_directory(place.path("in"));
  const auto outside = open_directory(place.path());
  ASSERT_TRUE(directory && outside);
  auto watch = DirectoryWatch::start(*directory);
  ASSERT_TRUE(watch) << watch.error().message();
  EXPECT_FALSE(is_readable(*watch)) << "nothing has appeared";

  place.write("in/created", "");
  EXPECT_TRUE(is_readable(*watch));
  watch->clear();
  EXPECT_FALSE(is_readable(*watch));

  ASSERT_TRUE(link_file(*directory, "old", "linked"));
  EXPECT_TRUE(is_readable(*watch));
  watch->clear();

  ASSERT_TRUE(move_without_replacing(*outside, "other", *directory, "moved"));
  EXPECT_TRUE(is_readable(*watch));
  watch->clear();

  ASSERT_TRUE(move_without_replacing(*directory, "moved", *outside, "other"));
  EXPECT_FALSE(is_readable(*watch)) << "what leaves the directory does not appear in it";
}

TEST(DirectoryWatchTest, WatchesNothingButDirectories) {
  const TestDirectory place;
  place.write("file", "");
  const auto directory = open_directory(place.path());
  const auto file = open_file_at(*directory, "file");
  ASSERT_TRUE(file);
  const auto watch = DirectoryWatch::start(*file);
  ASSERT_FALSE(watch);
  EXPECT_EQ(watch.error().code, ENOTDIR);
}

}  // namespace
}  // namespace bobbin::os

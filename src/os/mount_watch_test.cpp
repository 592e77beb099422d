#include "os/mount_watch.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include "os/test_directory.h"

namespace bobbin::os {
namespace {

TEST(MountWatch, NoticesEachMountAndUnmountOnce) {
  const TestDirectory place;
  place.make_folder("mounted");
  MountWatch watch;
  EXPECT_FALSE(watch.has_changed());
  if (::mount("none", place.path("mounted").c_str(), "tmpfs", 0, nullptr) != 0)
    GTEST_SKIP() << "mounting takes privileges";
  EXPECT_TRUE(watch.has_changed());
  EXPECT_FALSE(watch.has_changed());
  ASSERT_EQ(::umount(place.path("mounted").c_str()), 0);
  EXPECT_TRUE(watch.has_changed());
  EXPECT_FALSE(watch.has_changed());
}

}  // namespace
}  // namespace bobbin::os

#include "os/temporary_directory.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <optional>

namespace bobbin::os {
namespace {

namespace fs = std::filesystem;

TEST(TemporaryDirectory, IsThereAsLongAsItsObject) {
  std::string path;
  {
    TemporaryDirectory made = *TemporaryDirectory::make();
    path = made.path();
    EXPECT_TRUE(fs::is_empty(path));
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
    EXPECT_NE(TemporaryDirectory::make()->path(), path);
    const TemporaryDirectory moved = std::move(made);
    EXPECT_EQ(moved.path(), path);
    EXPECT_TRUE(fs::exists(path));
  }
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace bobbin::os

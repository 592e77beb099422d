#include "os/attributes.h"

#include <cerrno>
#include <filesystem>
#include <gtest/gtest.h>

#include "os/directory.h"
#include "os/file.h"
#include "os/root.h"
#include "os/test_directory.h"

namespace bobbin::os {
namespace {

class AttributesTest : public testing::Test {
 protected:
  AttributesTest() : folder_(*open_directory(directory_.path())) {
    directory_.write("a", "text");
    file_ = *open_for_writing_at(folder_, "a");
  }

  TestDirectory directory_;
  Fd folder_;
  Fd file_;
};

TEST_F(AttributesTest, KeepText) {
  const auto none = attribute(file_.number(), "user.bobbin.etag");
  ASSERT_FALSE(none);
  if (none.error().code == EOPNOTSUPP) GTEST_SKIP() << "the file system keeps none";
  EXPECT_EQ(none.error().code, ENODATA);
  ASSERT_TRUE(set_attribute(file_, "user.bobbin.etag", "one"));
  ASSERT_TRUE(set_attribute(file_, "user.bobbin.etag", "\"two\""));
  EXPECT_EQ(*attribute(file_.number(), "user.bobbin.etag"), "\"two\"");
}

TEST_F(AttributesTest, MarkIsLostByACopy) {
  EXPECT_FALSE(status(file_)->is_marked);
  ASSERT_TRUE(mark(file_));
  EXPECT_TRUE(status(file_)->is_marked);
  EXPECT_TRUE(status_at(folder_, "a")->is_marked);
  directory_.write("copy", directory_.read("a"));
  EXPECT_FALSE(status_at(folder_, "copy")->is_marked);
  EXPECT_FALSE(status(folder_)->is_marked) << "a directory is never one";
}

TEST_F(AttributesTest, OnlyARootThatSaysSoHasPlaceholders) {
  const auto plain = Root::open(directory_.path());
  const auto marked = Root::open(directory_.path(), Links::inside, RootFiles::marked_when_whole);
  EXPECT_FALSE(plain->is_placeholder(*status(file_)));
  EXPECT_TRUE(marked->is_placeholder(*status(file_)));
  EXPECT_TRUE(marked->duplicate(Links::no)->is_placeholder(*status(file_)));
  EXPECT_FALSE(marked->is_placeholder(*status(folder_)));
  ASSERT_TRUE(mark(file_));
  EXPECT_FALSE(marked->is_placeholder(*status(file_)));
}

TEST_F(AttributesTest, TimesAreSet) {
  const WallTime accessed{seconds(1'000'000'000)};
  const WallTime modified{seconds(1'100'000'000) + milliseconds(5)};
  ASSERT_TRUE(set_times(file_, accessed, modified));
  EXPECT_EQ(*accessed_at(folder_, "a"), accessed);
  EXPECT_EQ(status(file_)->modified, modified);
}

TEST_F(AttributesTest, MovingReplacesWhatIsThere) {
  directory_.make_folder("in");
  directory_.write("in/b", "other");
  const Fd in = *open_directory(directory_.path("in"));
  ASSERT_TRUE(move_replacing(in, "b", folder_, "a"));
  EXPECT_EQ(directory_.read("a"), "other");
  EXPECT_FALSE(directory_.has("in/b"));
  EXPECT_EQ(move_replacing(in, "b", folder_, "a").error().code, ENOENT);
}

}  // namespace
}  // namespace bobbin::os

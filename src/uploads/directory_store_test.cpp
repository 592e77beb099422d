#include "uploads/directory_store.h"

#include <cerrno>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "uploads/document_name.h"
#include "uploads/test_directory.h"

namespace bobbin::uploads {
namespace {

using Staging = DirectoryStore::Staging;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(DirectoryStore, MakesAMissingFolder) {
  const TemporaryDirectory directory;
  for (const char* name : {"uploads", "with-slash/"}) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(DirectoryStore::create(directory.path(name)));
    EXPECT_TRUE(std::filesystem::is_directory(directory.path(name)));
  }
  EXPECT_TRUE(DirectoryStore::create(directory.path("uploads"))) << "fine when it exists";
}

TEST(DirectoryStore, SaysWhyAFolderWillNotDo) {
  const TemporaryDirectory directory;
  directory.write("file", "");
  const auto no_parent = DirectoryStore::create(directory.path("missing/uploads"));
  ASSERT_FALSE(no_parent);
  EXPECT_EQ(no_parent.error().code, ENOENT);
  const auto no_directory = DirectoryStore::create(directory.path("file"));
  ASSERT_FALSE(no_directory);
  EXPECT_EQ(no_directory.error().code, ENOTDIR);
}

TEST(DirectoryStore, RemovesStaleTemporariesAndNothingElse) {
  const TemporaryDirectory directory;
  const std::string document = document_name(wall_now());
  for (const std::string& name : {temporary_name(), temporary_name(), document, std::string(".gitkeep")})
    directory.write(name, "x");
  ASSERT_TRUE(DirectoryStore::create(directory.path()));
  EXPECT_THAT(directory.names(), UnorderedElementsAre(document, ".gitkeep"));
}

TEST(DirectoryStore, LeavesNothingBehindAfterTryingOutTheFolder) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(DirectoryStore::create(directory.path()));
  EXPECT_THAT(directory.names(), IsEmpty());
}

class EitherStaging : public ::testing::TestWithParam<Staging> {
 protected:
  void SetUp() override {
    if (GetParam() == Staging::unnamed &&
        DirectoryStore::create(directory_.path()).value()->staging() != Staging::unnamed)
      GTEST_SKIP() << "the file system of the temporary directory has no O_TMPFILE";
    store_ = DirectoryStore::create(directory_.path(), GetParam()).value();
  }

  TemporaryDirectory directory_;
  std::unique_ptr<DirectoryStore> store_;
};

INSTANTIATE_TEST_SUITE_P(DirectoryStore, EitherStaging, ::testing::Values(Staging::unnamed, Staging::named),
                         [](const auto& parameter) {
                           return parameter.param == Staging::unnamed ? "unnamed" : "named";
                         });

TEST_P(EitherStaging, AFileAppearsOnlyWhenPublished) {
  const auto file = store_->stage().value();
  ASSERT_TRUE(file->append(as_bytes("[1,")));
  ASSERT_TRUE(file->append(as_bytes("2]")));
  ASSERT_TRUE(file->sync());
  for (const std::string& name : directory_.names()) EXPECT_TRUE(is_temporary_name(name)) << name;
  ASSERT_TRUE(file->publish("a.json"));
  ASSERT_TRUE(store_->sync_names());
  EXPECT_THAT(directory_.names(), ElementsAre("a.json"));
  EXPECT_EQ(directory_.read("a.json"), "[1,2]");
}

TEST_P(EitherStaging, APublishedFileOutlivesItsHandle) {
  ASSERT_TRUE(store_->stage().value()->publish("a.json"));
  EXPECT_THAT(directory_.names(), ElementsAre("a.json"));
}

TEST_P(EitherStaging, ADroppedFileIsGone) {
  {
    const auto file = store_->stage().value();
    ASSERT_TRUE(file->append(as_bytes("[1,")));
  }
  EXPECT_THAT(directory_.names(), IsEmpty());
}

TEST_P(EitherStaging, NeverReplacesAFile) {
  directory_.write("taken.json", "old");
  const auto file = store_->stage().value();
  ASSERT_TRUE(file->append(as_bytes("new")));
  const auto published = file->publish("taken.json");
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, EEXIST);
  EXPECT_EQ(directory_.read("taken.json"), "old");
  ASSERT_TRUE(file->publish("free.json")) << "another name may be tried";
  EXPECT_EQ(directory_.read("free.json"), "new");
  EXPECT_THAT(directory_.names(), UnorderedElementsAre("taken.json", "free.json"));
}

TEST_P(EitherStaging, RemovesByName) {
  ASSERT_TRUE(store_->stage().value()->publish("a.json"));
  ASSERT_TRUE(store_->remove("a.json"));
  EXPECT_THAT(directory_.names(), IsEmpty());
  const auto again = store_->remove("a.json");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ENOENT);
}

}  // namespace
}  // namespace bobbin::uploads

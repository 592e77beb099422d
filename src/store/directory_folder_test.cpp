#include "store/directory_folder.h"

#include <cerrno>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>

#include "os/directory.h"
#include "os/file.h"
#include "os/test_directory.h"
#include "store/document_name.h"

namespace bobbin::store {
namespace {

using Staging = DirectoryFolder::Staging;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(DirectoryFolder, MakesAMissingFolder) {
  const os::TestDirectory directory;
  for (const char* name : {"uploads", "with-slash/"}) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(DirectoryFolder::open(directory.path(name)));
    EXPECT_TRUE(std::filesystem::is_directory(directory.path(name)));
  }
  EXPECT_TRUE(DirectoryFolder::open(directory.path("uploads"))) << "fine when it exists";
}

TEST(DirectoryFolder, SaysWhyAFolderWillNotDo) {
  const os::TestDirectory directory;
  directory.write("file", "");
  const auto no_parent = DirectoryFolder::open(directory.path("missing/uploads"));
  ASSERT_FALSE(no_parent);
  EXPECT_EQ(no_parent.error().code, ENOENT);
  const auto no_directory = DirectoryFolder::open(directory.path("file"));
  ASSERT_FALSE(no_directory);
  EXPECT_EQ(no_directory.error().code, ENOTDIR);
}

/// Opens a folder, owns it and prepares it. Null on failure, with which the test fails too.
std::unique_ptr<DirectoryFolder> prepared(const os::TestDirectory& directory,
                                          std::optional<Staging> staging = {}) {
  auto folder = DirectoryFolder::open(directory.path(), staging).value();
  EXPECT_EQ(folder->own(), Ownership::ours);
  const auto prepared = folder->prepare();
  EXPECT_TRUE(prepared) << prepared.error().message();
  return folder;
}

TEST(DirectoryFolder, RemovesStaleTemporariesAndNothingElse) {
  const os::TestDirectory directory;
  const std::string document = document_name(wall_now());
  for (const std::string& name : {temporary_name(), temporary_name(), document, std::string(".gitkeep"),
                                  std::string(".bobbin-notes.tmp")})
    directory.write(name, "x");
  prepared(directory);
  EXPECT_THAT(directory.names(), UnorderedElementsAre(document, ".gitkeep", ".bobbin-notes.tmp"));
}

TEST(DirectoryFolder, WhatOnlyLooksLikeATemporaryIsNoReasonNotToStart) {
  const os::TestDirectory directory;
  const std::string name = temporary_name();
  directory.make_folder(name);
  prepared(directory);
  EXPECT_THAT(directory.names(), ElementsAre(name));
}

TEST(DirectoryFolder, LeavesTheTemporariesOfAnotherServerAlone) {
  const os::TestDirectory directory;
  const auto first = prepared(directory, Staging::named);
  const auto unfinished = first->stage().value();
  const auto second = DirectoryFolder::open(directory.path()).value();
  EXPECT_EQ(second->own(), Ownership::another_process);
  EXPECT_TRUE(second->prepare());
  EXPECT_TRUE(unfinished->publish("a.json"));
  EXPECT_THAT(directory.names(), ElementsAre("a.json"));
}

TEST(DirectoryFolder, IsOursUntilItIsGone) {
  const os::TestDirectory directory;
  const auto second = DirectoryFolder::open(directory.path()).value();
  {
    const auto first = prepared(directory);
    EXPECT_EQ(first->own(), Ownership::ours) << "asked again";
    EXPECT_EQ(second->own(), Ownership::another_process);
  }
  EXPECT_EQ(second->own(), Ownership::ours);
}

TEST(DirectoryFolder, LeavesNothingBehindAfterTryingOutTheFolder) {
  const os::TestDirectory directory;
  prepared(directory);
  EXPECT_THAT(directory.names(), IsEmpty());
}

class EitherStaging : public ::testing::TestWithParam<Staging> {
 protected:
  void SetUp() override {
    if (GetParam() == Staging::unnamed && prepared(directory_)->staging() != Staging::unnamed)
      GTEST_SKIP() << "the file system of the temporary directory has no O_TMPFILE";
    folder_ = prepared(directory_, GetParam());
  }

  os::TestDirectory directory_;
  std::unique_ptr<DirectoryFolder> folder_;
};

INSTANTIATE_TEST_SUITE_P(DirectoryFolder, EitherStaging, ::testing::Values(Staging::unnamed, Staging::named),
                         [](const auto& parameter) {
                           return parameter.param == Staging::unnamed ? "unnamed" : "named";
                         });

TEST_P(EitherStaging, AFileAppearsOnlyWhenPublished) {
  const auto file = folder_->stage().value();
  ASSERT_TRUE(file->append(as_bytes("[1,")));
  ASSERT_TRUE(file->append(as_bytes("2]")));
  ASSERT_TRUE(file->sync());
  for (const std::string& name : directory_.names()) EXPECT_TRUE(is_temporary_name(name)) << name;
  ASSERT_TRUE(file->publish("a.json"));
  ASSERT_TRUE(folder_->sync_names());
  EXPECT_THAT(directory_.names(), ElementsAre("a.json"));
  EXPECT_EQ(directory_.read("a.json"), "[1,2]");
}

TEST_P(EitherStaging, APublishedFileOutlivesItsHandle) {
  ASSERT_TRUE(folder_->stage().value()->publish("a.json"));
  EXPECT_THAT(directory_.names(), ElementsAre("a.json"));
}

TEST_P(EitherStaging, ADroppedFileIsGone) {
  {
    const auto file = folder_->stage().value();
    ASSERT_TRUE(file->append(as_bytes("[1,")));
  }
  EXPECT_THAT(directory_.names(), IsEmpty());
}

TEST_P(EitherStaging, NeverReplacesAFile) {
  directory_.write("taken.json", "old");
  const auto file = folder_->stage().value();
  ASSERT_TRUE(file->append(as_bytes("new")));
  const auto published = file->publish("taken.json");
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, EEXIST);
  EXPECT_EQ(directory_.read("taken.json"), "old");
  ASSERT_TRUE(file->publish("free.json")) << "another name may be tried";
  EXPECT_EQ(directory_.read("free.json"), "new");
  EXPECT_THAT(directory_.names(), UnorderedElementsAre("taken.json", "free.json"));
}

TEST_P(EitherStaging, ProvesItsDeviceAndLeavesNothing) {
  EXPECT_TRUE(folder_->prove());
  EXPECT_THAT(directory_.names(), IsEmpty());
}

TEST_P(EitherStaging, WritesAgainInPlace) {
  directory_.write("a.json", "[1, 2]");
  const os::Fd before = *os::open_file_at(*os::open_directory(directory_.path()), "a.json");
  ASSERT_TRUE(folder_->write_again("a.json", as_bytes("[1, 3]")));
  EXPECT_EQ(directory_.read("a.json"), "[1, 3]");
  EXPECT_EQ(os::status(before)->links, 1U) << "it is the same file";
  EXPECT_EQ(folder_->write_again("b.json", as_bytes("[]")).error().code, ENOENT);
}

TEST_P(EitherStaging, RemovesByName) {
  ASSERT_TRUE(folder_->stage().value()->publish("a.json"));
  ASSERT_TRUE(folder_->remove("a.json"));
  EXPECT_THAT(directory_.names(), IsEmpty());
  const auto again = folder_->remove("a.json");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ENOENT);
}

TEST(DirectoryFolder, ARecordIsFoundWhereItsConsumerHasMovedIt) {
  const os::TestDirectory place;
  const auto folder = *DirectoryFolder::open(place.path());
  ASSERT_TRUE(folder->own());
  ASSERT_TRUE(folder->make_inbox_folders());
  const std::string name = RecordNames().next(wall_now(), random_text());
  for (const char* where : {"new/", "work/ME.", "done/", "failed/"}) {
    place.write(where + name, "content");
    ASSERT_TRUE(folder->prepare());
    EXPECT_EQ(folder->place_of("new/" + name), where + name);
    std::filesystem::remove(place.path(where + name));
    ASSERT_TRUE(folder->prepare());
    EXPECT_EQ(folder->place_of("new/" + name), "new/" + name) << "it is nowhere";
  }
}

}  // namespace
}  // namespace bobbin::store

#include "object_store/placeholder_tree.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "os/attributes.h"
#include "os/directory.h"
#include "os/file.h"
#include "os/test_directory.h"

namespace bobbin::object_store {
namespace {

constexpr WallTime kMoment{seconds(1'700'000'000)};

ObjectVersion version(std::string etag, std::uint64_t size_bytes) {
  return {.etag = std::move(etag), .size_bytes = size_bytes, .modified = kMoment};
}

class PlaceholderTreeTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto made = PlaceholderTree::make_folders(directory_.path());
    if (!made && made.error().code == EOPNOTSUPP) GTEST_SKIP() << "the file system keeps no attributes";
    ASSERT_TRUE(made);
    open();
  }
  void open() {
    tree_.reset();
    tree_ = *PlaceholderTree::open(directory_.path());
    ASSERT_TRUE(*tree_->try_to_own());
  }
  PlaceholderTree::LeftOut agree(std::vector<PlaceholderTree::Named> objects) {
    auto outcome = tree_->agree_with(std::move(objects));
    EXPECT_TRUE(outcome);
    return *outcome;
  }
  void fetch(const std::string& name, const ObjectVersion& version, const std::string& text) {
    const auto content = *tree_->begin();
    ASSERT_TRUE(content->append(as_bytes(text)));
    ASSERT_TRUE(*tree_->complete(*content, name, version));
  }
  [[nodiscard]] bool is_whole(const std::string& name) const {
    const auto found = tree_->look(name);
    return found && found->is_whole;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.path("tree/" + name); }

  os::TestDirectory directory_;
  std::unique_ptr<PlaceholderTree> tree_;
};

TEST_F(PlaceholderTreeTest, HasTheNamesOfObjects) {
  EXPECT_FALSE(PlaceholderTree::is_complete(directory_.path()));
  agree({{"index.html", version("a", 5)}, {"a/b/c.txt", version("b", 3'000'000'000)}});
  EXPECT_TRUE(PlaceholderTree::is_complete(directory_.path()));
  const auto found = tree_->look("a/b/c.txt");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->version, version("b", 3'000'000'000));
  EXPECT_FALSE(found->is_whole);
  EXPECT_EQ(tree_->objects(), 2U);

  agree({{"index.html", version("a", 5)}});
  EXPECT_FALSE(tree_->look("a/b/c.txt"));
  EXPECT_FALSE(directory_.has("tree/a")) << "an empty folder goes";
}

TEST_F(PlaceholderTreeTest, ContentStaysWhileTheObjectDoes) {
  agree({{"a", version("1", 4)}, {"b", version("2", 4)}});
  fetch("a", version("1", 4), "text");
  EXPECT_EQ(directory_.read("tree/a"), "text");
  EXPECT_TRUE(is_whole("a"));
  EXPECT_EQ(tree_->whole_bytes(), 4U);
  agree({{"a", version("1", 4)}, {"b", version("2", 4)}});
  EXPECT_TRUE(is_whole("a"));
  open();
  EXPECT_TRUE(is_whole("a")) << "also for the next process";
  EXPECT_FALSE(is_whole("b"));
  EXPECT_EQ(tree_->whole_bytes(), 4U);
  agree({{"a", version("1", 4)}, {"b", version("2", 4)}});
  EXPECT_TRUE(is_whole("a"));

  std::ifstream open_before(path("a"));
  agree({{"a", version("3", 4)}, {"b", version("2", 4)}});
  EXPECT_FALSE(is_whole("a"));
  EXPECT_EQ(tree_->whole_bytes(), 0U);
  std::string text;
  open_before >> text;
  EXPECT_EQ(text, "text") << "it was replaced, and not written to";
}

TEST_F(PlaceholderTreeTest, ContentOfAnotherVersionIsNotPutThere) {
  agree({{"a", version("1", 4)}});
  const auto content = *tree_->begin();
  ASSERT_TRUE(content->append(as_bytes("text")));
  agree({{"a", version("2", 4)}});
  EXPECT_FALSE(*tree_->complete(*content, "a", version("1", 4)));
  EXPECT_FALSE(is_whole("a"));
  EXPECT_FALSE(*tree_->complete(*content, "gone", version("1", 4)));
  EXPECT_FALSE(tree_->look("gone"));
}

TEST_F(PlaceholderTreeTest, ContentOfAnotherLengthIsNotPutThere) {
  agree({{"a", version("1", 4)}});
  const auto content = *tree_->begin();
  ASSERT_TRUE(content->append(as_bytes("tex")));
  EXPECT_FALSE(*tree_->complete(*content, "a", version("1", 4)));
  EXPECT_FALSE(is_whole("a"));
}

TEST_F(PlaceholderTreeTest, WhatIsNotCompletedLeavesNothing) {
  {
    const auto content = *tree_->begin();
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path("incoming")));
  directory_.write("incoming/left", "by a process that has died");
  open();
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path("incoming")));
}

TEST_F(PlaceholderTreeTest, WhatACopyOrACrashHasLeftIsNoContent) {
  agree({{"a", version("1", 4)}, {"b", version("1", 4)}});
  fetch("a", version("1", 4), "text");
  const os::Fd folder = *os::open_directory(directory_.path("tree"));
  directory_.write("tree/copy", directory_.read("tree/a"));
  open();
  EXPECT_FALSE(tree_->look("copy"));
  EXPECT_FALSE(directory_.has("tree/copy")) << "it is none of ours";
  // The mark without the tag, which tells of nothing.
  ASSERT_EQ(std::filesystem::remove(path("b")), true);
  directory_.write("tree/b", "text");
  ASSERT_TRUE(os::mark(*os::open_file_at(folder, "b")));
  EXPECT_FALSE(tree_->look("b"));
}

TEST_F(PlaceholderTreeTest, NamesThatNoFilesCanHaveAreLeftOut) {
  const std::string long_name(256, 'x');
  const auto left_out = agree({{"", version("1", 1)},
                               {"/a", version("1", 1)},
                               {"a//b", version("1", 1)},
                               {"folder/", version("1", 0)},
                               {"../up", version("1", 1)},
                               {"a/../b", version("1", 1)},
                               {"./a", version("1", 1)},
                               {std::string("nul\0", 4), version("1", 1)},
                               {long_name, version("1", 1)},
                               {"no-tag", version("", 1)},
                               {"both", version("1", 1)},
                               {"both-and", version("1", 1)},
                               {"both/a", version("1", 1)},
                               {std::string(255, 'x'), version("1", 1)},
                               {"..a/...", version("1", 1)}});
  EXPECT_EQ(left_out.count, 11U);
  EXPECT_EQ(tree_->objects(), 4U);
  EXPECT_FALSE(left_out.first.empty() && left_out.count == 0);
  for (const std::string& name :
       {std::string("both/a"), std::string("both-and"), std::string(255, 'x'), std::string("..a/...")})
    EXPECT_TRUE(tree_->look(name)) << name;
  EXPECT_FALSE(directory_.has("up"));
}

TEST_F(PlaceholderTreeTest, AFileBecomesAFolderAndBack) {
  agree({{"a", version("1", 1)}});
  agree({{"a/b", version("2", 1)}});
  EXPECT_TRUE(tree_->look("a/b"));
  agree({{"a", version("1", 1)}});
  EXPECT_TRUE(tree_->look("a"));
}

TEST_F(PlaceholderTreeTest, IsOwnedByOne) {
  const auto other = *PlaceholderTree::open(directory_.path());
  EXPECT_FALSE(*other->try_to_own());
  agree({{"a", version("1", 4)}});
  const auto content = *other->begin();
  ASSERT_TRUE(content->append(as_bytes("text")));
  EXPECT_TRUE(*other->complete(*content, "a", version("1", 4))) << "others may complete files";
  tree_.reset();
  EXPECT_TRUE(*other->try_to_own());
  EXPECT_EQ(other->whole_bytes(), 4U);
}

TEST_F(PlaceholderTreeTest, DropsContent) {
  agree({{"a", version("1", 4)}});
  fetch("a", version("1", 4), "text");
  ASSERT_EQ(tree_->whole_files().size(), 1U);
  EXPECT_GT(tree_->whole_files()[0].accessed, kMoment);
  ASSERT_TRUE(tree_->drop_content("a"));
  EXPECT_FALSE(is_whole("a"));
  EXPECT_EQ(tree_->look("a")->version, version("1", 4));
  EXPECT_EQ(tree_->whole_bytes(), 0U);
  EXPECT_TRUE(tree_->whole_files().empty());
}

}  // namespace
}  // namespace bobbin::object_store

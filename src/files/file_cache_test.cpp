#include "files/file_cache.h"

#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "files/test_status_source.h"

namespace bobbin::files {
namespace {

using Form = CachedFile::Form;
using Kind = os::FileStatus::Kind;

constexpr std::size_t kMaximumBytes = 1024UL * 1024;

http::PreparedResponse response_with(std::string content) {
  http::PreparedResponse response;
  response.head = "HTTP/1.1 200 OK\r\n";
  response.content = std::move(content);
  return response;
}

std::string numbered(int number) { return std::to_string(number) + ".html"; }

class FileCacheTest : public ::testing::Test {
 protected:
  /// A file and the folders above it, kept with this content as a handler would at its second sight.
  void keep(const std::string& name, const std::string& content = "hello", Form form = Form::content) {
    for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1))
      if (!source.files.contains(name.substr(0, slash))) source.add(name.substr(0, slash), Kind::directory);
    if (!source.files.contains(name)) source.add(name);
    cache.keep(FileKey(name), source.files.at(name), {.etag = "\"" + name + "\"", .last_modified = {}}, form,
               response_with(content), round);
  }
  /// As a handler does. Whether the file was found.
  bool ask_for(const std::string& name, std::size_t content_bytes = 1000) {
    if (finds_in_a_new_round(name)) return true;
    if (cache.admits(FileKey(name), content_bytes)) keep(name, std::string(content_bytes, 'x'));
    return false;
  }
  [[nodiscard]] bool finds(const std::string& name) { return cache.find(FileKey(name), round) != nullptr; }
  [[nodiscard]] bool finds_in_a_new_round(const std::string& name) { return ++round, finds(name); }

  TestStatusSource source;
  FileCache cache{source, kMaximumBytes};
  std::uint64_t round = 1;
};

TEST_F(FileCacheTest, FindsWhatWasKept) {
  keep("a.html", "hello");
  ++round;
  const CachedFile* file = cache.find(FileKey("a.html"), round);
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->response(Form::content)->content, "hello");
  EXPECT_EQ(file->response(Form::not_modified), nullptr) << "nobody has asked for it yet";
  keep("a.html", "", Form::not_modified);
  EXPECT_NE(file->response(Form::not_modified), nullptr);
  EXPECT_EQ(file->validators.etag, "\"a.html\"");
  EXPECT_FALSE(finds("b.html"));
  EXPECT_EQ(cache.files(), 1U);
}

TEST_F(FileCacheTest, LooksOnceInARound) {
  keep("a.html");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(finds("a.html"));
  EXPECT_TRUE(source.looks.empty()) << "it has been opened in this round";
  EXPECT_TRUE(finds_in_a_new_round("a.html"));  // the kernel walks the path for the first time
  source.forget_looks();
  ++round;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(finds("a.html"));
  EXPECT_EQ(source.looks, std::vector<std::string>{"a.html"});
  EXPECT_TRUE(source.walks.empty());
}

TEST_F(FileCacheTest, GivesUpAFileInWhichAnythingHasChanged) {
  const std::vector<std::pair<const char*, void (*)(os::FileStatus&)>> changes = {
      {"kind", [](auto& status) { status.kind = Kind::other; }},
      // Fault 2: an image mounted in the place of another, with everything else the same.
      {"mount", [](auto& status) { ++status.mount; }},
      {"device", [](auto& status) { ++status.device; }},
      {"inode", [](auto& status) { ++status.inode; }},
      {"links", [](auto& status) { ++status.links; }},
      {"size", [](auto& status) { ++status.size_bytes; }},
      {"mtime", [](auto& status) { ++status.modified; }},
      {"ctime", [](auto& status) { ++status.changed; }}};
  for (const auto& [what, change] : changes) {
    SCOPED_TRACE(what);
    keep("a.html");
    EXPECT_TRUE(finds_in_a_new_round("a.html"));
    change(source.files.at("a.html"));
    EXPECT_TRUE(finds("a.html")) << "the same round: it was so when the request had arrived";
    EXPECT_FALSE(finds_in_a_new_round("a.html"));
    EXPECT_EQ(cache.files(), 0U);
  }
}

TEST_F(FileCacheTest, GivesUpWhatHasGone) {
  keep("a.html");
  source.files.erase("a.html");
  EXPECT_FALSE(finds_in_a_new_round("a.html"));
}

TEST_F(FileCacheTest, ReplacesAFileThatHasChanged) {
  keep("a.html", "old");
  keep("a.html", "", Form::not_modified);
  source.add("a.html");
  keep("a.html", "new");
  const CachedFile* file = cache.find(FileKey("a.html"), round);
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->response(Form::content)->content, "new");
  EXPECT_EQ(file->response(Form::not_modified), nullptr) << "it was made from the old one";
}

// Kernels before Linux 6.8 give mounts no number of their own.
TEST_F(FileCacheTest, GivesUpEverythingWhenSomethingWasMounted) {
  keep("a.html"), keep("b/c.html");
  source.mounts_changed = true;
  EXPECT_FALSE(finds_in_a_new_round("a.html"));
  EXPECT_FALSE(finds("b/c.html"));
}

TEST_F(FileCacheTest, LooksAtTheFoldersAboveThatOfTheFile) {
  keep("a/b/page.html");
  EXPECT_TRUE(finds_in_a_new_round("a/b/page.html"));
  source.forget_looks();
  EXPECT_TRUE(finds_in_a_new_round("a/b/page.html"));
  EXPECT_EQ(source.looks, (std::vector<std::string>{"", "a", "a/b/page.html"})) << "from the top";
  EXPECT_TRUE(source.walks.empty());
}

TEST_F(FileCacheTest, LooksAtAFolderOnceForAllFilesOfARound) {
  keep("a/b/1.html"), keep("a/b/2.html"), keep("a/3.html");
  const std::vector<std::string> names = {"a/b/1.html", "a/b/2.html", "a/3.html"};
  for (int i = 0; i < 2; ++i) {
    source.forget_looks();
    ++round;
    for (const std::string& name : names) EXPECT_TRUE(finds(name));
  }
  EXPECT_EQ(source.looks_at(""), 1);
  EXPECT_EQ(source.looks_at("a"), 1);
  EXPECT_EQ(source.looks.size(), 2 + names.size());
  EXPECT_TRUE(source.walks.empty());
}

TEST_F(FileCacheTest, HasTheKernelWalkAgainWhenAFolderHasChanged) {
  keep("a/page.html");
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(finds_in_a_new_round("a/page.html"));
  source.touch(""), source.settle();
  source.forget_looks();
  EXPECT_TRUE(finds_in_a_new_round("a/page.html"));
  EXPECT_EQ(source.walks.size(), 1U);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(finds_in_a_new_round("a/page.html"));
  source.forget_looks();
  EXPECT_TRUE(finds_in_a_new_round("a/page.html"));
  EXPECT_TRUE(source.walks.empty()) << "the path is known again";
}

TEST_F(FileCacheTest, DoesNotRelyOnAFolderThatHasChangedJustNow) {
  keep("a/page.html");
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(finds_in_a_new_round("a/page.html"));
  source.touch("");
  source.clock = source.last_change + milliseconds(1);
  for (int i = 0; i < 3; ++i) {
    source.forget_looks();
    EXPECT_TRUE(finds_in_a_new_round("a/page.html"));
    EXPECT_EQ(source.walks.size(), 1U) << "a second change would leave the same ctime";
  }
  source.settle();
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(finds_in_a_new_round("a/page.html"));
  source.forget_looks();
  EXPECT_TRUE(finds_in_a_new_round("a/page.html"));
  EXPECT_TRUE(source.walks.empty());
}

TEST_F(FileCacheTest, NoticesAFolderThatHasBecomeALink) {
  keep("a/page.html"), keep("b/c/page.html");
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(finds_in_a_new_round("a/page.html"));
    EXPECT_TRUE(finds("b/c/page.html"));
  }
  // The folder was moved out of the root and a link to it left in its place: a look at the file finds it as
  // it was, the kernel's walk does not.
  const auto move_out = [this](const std::string& folder, const std::string& holder,
                               const std::string& file) {
    source.add(folder, Kind::link);
    source.touch(holder), source.settle();
    source.targets[file] = {};
  };
  move_out("a", "", "a/page.html");
  EXPECT_FALSE(finds_in_a_new_round("a/page.html"));
  move_out("b/c", "b", "b/c/page.html");
  EXPECT_FALSE(finds_in_a_new_round("b/c/page.html"));
}

TEST_F(FileCacheTest, NoticesAFolderHighAboveThatHasBecomeALink) {
  keep("a/b/c/1.html"), keep("a/b/c/2.html");
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(finds_in_a_new_round("a/b/c/1.html"));
    EXPECT_TRUE(finds("a/b/c/2.html"));
  }
  // A look at what lies beneath finds it as it was.
  source.add("a", Kind::link);
  source.touch(""), source.settle();
  source.targets["a/b/c/1.html"] = source.targets["a/b/c/2.html"] = {};
  EXPECT_FALSE(finds_in_a_new_round("a/b/c/1.html"));
  EXPECT_FALSE(finds("a/b/c/2.html"));
}

TEST_F(FileCacheTest, HasTheKernelFollowALinkEachTime) {
  source.add("link.html", Kind::link);
  source.targets["link.html"] = source.add("target.html");
  cache.keep(FileKey("link.html"), source.targets["link.html"], {}, Form::content, response_with("x"), round);
  for (int i = 0; i < 3; ++i) {
    source.forget_looks();
    EXPECT_TRUE(finds_in_a_new_round("link.html"));
    EXPECT_EQ(source.walks.size(), 1U);
  }
  ++source.targets["link.html"].inode;
  EXPECT_FALSE(finds_in_a_new_round("link.html"));
}

std::string deep_name(int folders, const std::string& file) {
  std::string name;
  for (int i = 0; i < folders; ++i) name += "folder" + std::to_string(i) + "/";
  return name + file;
}

TEST_F(FileCacheTest, WalksADeepPathUntilLooksPayForTheFilesOfARound) {
  std::vector<std::string> names;
  for (int i = 0; i < 64; ++i) names.push_back(deep_name(9, std::to_string(i) + ".html"));
  for (const std::string& name : names) keep(name);
  ++round;
  for (const std::string& name : names) EXPECT_TRUE(finds(name));
  ++round;
  source.forget_looks();
  EXPECT_TRUE(finds(names.front()));
  EXPECT_EQ(source.walks.size(), 1U) << "nine looks would cost more than one walk";
  EXPECT_TRUE(source.looks.empty());
  for (const std::string& name : names) EXPECT_TRUE(finds(name));
  EXPECT_LE(source.walks.size(), 8U) << "with so many files the looks pay";
  EXPECT_EQ(source.looks_at(""), 1);
}

TEST_F(FileCacheTest, WalksAVeryDeepPathEachTime) {
  const std::string name = deep_name(40, "page.html");
  keep(name);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(finds_in_a_new_round(name));
  EXPECT_EQ(source.walks.size(), 3U);
  EXPECT_TRUE(source.looks.empty());
}

TEST_F(FileCacheTest, AdmitsAtTheSecondSight) {
  EXPECT_FALSE(cache.admits(FileKey("a.html"), 100));
  EXPECT_FALSE(cache.admits(FileKey("b.html"), 100));
  EXPECT_TRUE(cache.admits(FileKey("a.html"), 100));
}

TEST_F(FileCacheTest, AdmitsFurtherFormsOfWhatItHas) {
  keep("a.html");
  EXPECT_TRUE(cache.admits(FileKey("a.html"), 100));
}

TEST_F(FileCacheTest, AdmitsNothingThatWouldTakeALargePart) {
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(cache.admits(FileKey("a.html"), kMaximumBytes / 4));
}

TEST_F(FileCacheTest, KeepsNothingWithoutMemory) {
  FileCache none(source, 0);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(none.admits(FileKey("a.html"), 0));
  none.add_missing(FileKey("b.html"), round);
  EXPECT_FALSE(none.is_missing(FileKey("b.html"), round));
}

TEST_F(FileCacheTest, StaysWithinItsMemory) {
  for (int i = 0; i < 2000; ++i) {
    keep(numbered(i), std::string(1000, 'x'));
    EXPECT_LE(cache.size_bytes(), kMaximumBytes);
  }
  EXPECT_GT(cache.files(), 400U) << "nearly all of the memory is used";
}

TEST_F(FileCacheTest, FilesInUseOutliveThoseThatComeTwice) {
  const std::vector<std::string> popular = {"a.html", "b.html", "c.html"};
  for (const std::string& name : popular) keep(name, std::string(1000, 'x'));
  for (int i = 0; i < 5000; ++i) {
    for (int time = 0; time < 2; ++time) ask_for(numbered(i));
    for (const std::string& name : popular) ASSERT_TRUE(finds(name)) << name << " after " << i;
  }
}

TEST_F(FileCacheTest, FilesInUseOutliveThoseThatAreKeptAtOnce) {
  keep("a.html", std::string(1000, 'x'));
  for (int i = 0; i < 5000; ++i) {
    keep(numbered(i), std::string(1000, 'x'));
    ASSERT_TRUE(finds("a.html")) << "after " << i;
  }
}

TEST_F(FileCacheTest, FilesThatNobodyAsksForMakeWay) {
  const auto ask_for_all = [this](int first) {
    int found = 0;
    for (int i = first; i < first + 300; ++i) found += ask_for(numbered(i)) ? 1 : 0;
    return found;
  };
  for (int turn = 0; turn < 150; ++turn) ask_for_all(0);
  EXPECT_EQ(ask_for_all(0), 300);
  for (int turn = 0; turn < 150; ++turn) ask_for_all(1000);
  EXPECT_EQ(ask_for_all(1000), 300) << "the old ones were asked for as often, but that is long ago";
}

TEST_F(FileCacheTest, OfFilesInTurnAsManyStayAsFit) {
  constexpr int kFiles = 2000;
  int found = 0;
  for (int turn = 0; turn < 20; ++turn) {
    found = 0;
    for (int i = 0; i < kFiles; ++i) found += ask_for(numbered(i)) ? 1 : 0;
  }
  const int fit = static_cast<int>(cache.files());
  EXPECT_GT(fit, 300);
  EXPECT_LT(fit, kFiles / 3) << "or the test shows nothing";
  EXPECT_GT(found, fit * 9 / 10) << "they displaced each other before they came again";
}

TEST_F(FileCacheTest, AWalkThroughAllFilesDisplacesNothing) {
  for (int i = 0; i < 2000; ++i) keep(numbered(i), std::string(1000, 'x'));
  const std::size_t files = cache.files();
  int admitted = 0;
  for (int i = 0; i < 10'000; ++i)
    if (cache.admits(FileKey("scanned" + std::to_string(i)), 100)) ++admitted;
  EXPECT_EQ(admitted, 0);
  EXPECT_EQ(cache.files(), files);
}

TEST_F(FileCacheTest, WhatIsMissingIsKnownForTheRound) {
  cache.add_missing(FileKey("a.html"), round);
  EXPECT_TRUE(cache.is_missing(FileKey("a.html"), round));
  EXPECT_FALSE(cache.is_missing(FileKey("b.html"), round));
  EXPECT_FALSE(cache.is_missing(FileKey("a.html"), round + 1)) << "it may have come meanwhile";
}

TEST(MissingFiles, TellsNamesApartThatShareAPlace) {
  MissingFiles missing;
  missing.add("a", 7, 1);
  EXPECT_TRUE(missing.contains("a", 7, 1));
  EXPECT_FALSE(missing.contains("b", 7, 1));
}

TEST_F(FileCacheTest, MissingNamesTakeNothingFromTheFiles) {
  keep("a.html");
  const std::size_t before = cache.size_bytes();
  for (int i = 0; i < 10'000; ++i)
    cache.add_missing(FileKey(std::string(200, 'x') + std::to_string(i)), round);
  EXPECT_EQ(cache.size_bytes(), before);
  EXPECT_TRUE(finds("a.html"));
}

}  // namespace
}  // namespace bobbin::files

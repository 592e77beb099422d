#include "object_store/mirrors.h"

#include <algorithm>
#include <cerrno>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <utility>

#include "base/bytes.h"
#include "os/file.h"
#include "os/test_directory.h"

namespace bobbin::object_store {
namespace {

struct StoredObject {
  std::string etag;
  std::string content;
};

/// A bucket in memory.
struct Store {
  std::map<std::string, StoredObject> objects;
  std::size_t page = 2;
  int fetches = 0;
  int lists = 0;
  bool is_away = false;
  bool is_short = false;  // content ends too soon, and says nothing of it
  std::function<void()> before_fetch = [] {};
  std::function<void()> half_way = [] {};
};

class StoreSource final : public ObjectSource {
 public:
  explicit StoreSource(Store& store) : store_(store) {}

  Result<Page, Trouble> list(const ListRequest& request) override {
    ++store_.lists;
    if (store_.is_away) return failure(away());
    Page page;
    const std::string& after = request.continuation;
    for (const auto& [key, object] : store_.objects) {
      if (!key.starts_with(request.prefix) || key <= after) continue;
      if (page.keys.size() == store_.page) {
        page.next = page.keys.back();
        break;
      }
      page.keys.push_back(key);
      page.versions.push_back(
          {.etag = object.etag, .size_bytes = object.content.size(), .modified = WallTime(seconds(1))});
    }
    return page;
  }

  Result<Bucket::Fetched, Trouble> fetch(std::string_view key, std::string_view etag,
                                         const std::function<bool(std::string_view)>& sink) override {
    ++store_.fetches;
    store_.before_fetch();
    if (store_.is_away) return failure(away());
    const auto found = store_.objects.find(std::string(key));
    if (found == store_.objects.end()) return Bucket::Fetched::gone;
    if (found->second.etag != etag) return Bucket::Fetched::changed;
    const std::string content = found->second.content;
    if (!sink(content.substr(0, content.size() / 2))) return failure(away());
    store_.half_way();
    if (!store_.is_short && !sink(content.substr(content.size() / 2))) return failure(away());
    return Bucket::Fetched::whole;
  }

 private:
  static Trouble away() { return {.kind = Trouble::Kind::unavailable, .reason = "it is away"}; }
  Store& store_;
};

class MirrorsTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto made = PlaceholderTree::make_folders(directory_.path());
    if (!made && made.error().code == EOPNOTSUPP) GTEST_SKIP() << "the file system keeps no attributes";
    ASSERT_TRUE(made);
    start(1000);
  }
  void start(std::uint64_t most_bytes) {
    mirrors_.reset();
    source_.reset();
    mirrors_ = std::make_unique<Mirrors>(
        Mirrors::Settings{
            .locations = {{.location = {.bucket = "site", .prefix = "www/"}, .directory = directory_.path()}},
            .most_bytes = most_bytes,
            .presign = presign_},
        [this](const Location&,
               const Mirrors::IsToEnd&) -> Result<std::unique_ptr<ObjectSource>, std::string> {
          return std::make_unique<StoreSource>(store_);
        },
        [] { return false; });
  }
  void put(const std::string& name, const std::string& content) {
    store_.objects.insert_or_assign("www/" + name,
                                    StoredObject{.etag = std::to_string(++etags_), .content = content});
  }
  bool list() { return mirrors_->list(0, source_).has_value(); }
  Result<bool, Trouble> fetch(const std::string& name) { return mirrors_->fetch(0, name, source_, growing_); }
  [[nodiscard]] std::string read(const std::string& name) const { return directory_.read("tree/" + name); }
  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> names;
    for (const auto& each : std::filesystem::directory_iterator(directory_.path("tree")))
      names.insert(each.path().filename());
    return names;
  }

  os::TestDirectory directory_;
  Store store_;
  int etags_ = 0;
  decltype(Mirrors::Settings::presign) presign_;
  std::unique_ptr<Mirrors> mirrors_;
  std::unique_ptr<ObjectSource> source_;
  Mirrors::Growing growing_ = [](const os::Fd&, const ObjectVersion&) {};
};

TEST_F(MirrorsTest, ListsPageByPage) {
  for (const char* name : {"a", "b", "c", "d", "e"}) put(name, "text");
  store_.objects["other/x"] = {.etag = "1", .content = "of somebody else"};
  EXPECT_FALSE(mirrors_->state(0).has_list);
  ASSERT_TRUE(list());
  EXPECT_EQ(names(), (std::set<std::string>{"a", "b", "c", "d", "e"}));
  EXPECT_EQ(store_.lists, 3);
  EXPECT_EQ(store_.fetches, 0);
  EXPECT_EQ(mirrors_->state(0), (MirrorState{.has_list = true, .answers = true, .objects = 5}));
}

TEST_F(MirrorsTest, PresignsWhatHasAFileAndNothingElse) {
  put("a b", "text");
  store_.objects["other/x"] = {.etag = "1", .content = "of somebody else"};
  ASSERT_TRUE(list());
  const auto off = mirrors_->presign(0, "a b", {});
  ASSERT_FALSE(off);
  EXPECT_EQ(off.error().kind, Trouble::Kind::refused);
  bool has_credentials = true;
  presign_ = [&](const Location& location, std::string_view key,
                 const Presentation& presentation) -> Result<std::string, std::string> {
    if (!has_credentials) return failure(std::string("there are no credentials"));
    return location.bucket + " " + std::string(key) + " " + presentation.media_type;
  };
  start(1000);
  EXPECT_EQ(*mirrors_->presign(0, "a b", {.media_type = "text/plain"}), "site www/a b text/plain");
  EXPECT_EQ(store_.fetches, 0);
  for (const char* const name : {"none", "../other/x", ""}) {
    const auto none = mirrors_->presign(0, name, {});
    ASSERT_FALSE(none) << name;
    EXPECT_EQ(none.error().reason, "there is no such object") << name;
  }
  has_credentials = false;
  EXPECT_EQ(mirrors_->presign(0, "a b", {}).error().reason, "there are no credentials");
}

TEST_F(MirrorsTest, AListThatBreaksOffChangesNothing) {
  put("a", "text");
  ASSERT_TRUE(list());
  store_.is_away = true;
  store_.objects.clear();
  EXPECT_FALSE(list());
  EXPECT_EQ(names(), std::set<std::string>{"a"});
  EXPECT_EQ(mirrors_->state(0),
            (MirrorState{.has_list = true, .answers = false, .objects = 1, .problem = "it is away"}));
}

TEST_F(MirrorsTest, FetchesOnce) {
  put("a", "text");
  ASSERT_TRUE(list());
  EXPECT_TRUE(*fetch("a"));
  EXPECT_EQ(read("a"), "text");
  EXPECT_TRUE(*fetch("a"));
  EXPECT_EQ(store_.fetches, 1);
  EXPECT_FALSE(*fetch("none"));
  EXPECT_EQ(mirrors_->state(0).whole_bytes, 4U);
}

TEST_F(MirrorsTest, FetchesNothingOutsideOfTheTree) {
  put("a", "text");
  ASSERT_TRUE(list());
  for (const char* name : {"../tree/a", "./a", "/etc/passwd", "..", "", "."}) {
    const auto fetched = fetch(name);
    EXPECT_TRUE(!fetched || !*fetched) << name;
  }
  EXPECT_EQ(store_.fetches, 0);
}

TEST_F(MirrorsTest, AnObjectThatHasChangedIsFetchedAsItIs) {
  put("a", "text");
  ASSERT_TRUE(list());
  put("a", "a longer text");
  EXPECT_TRUE(*fetch("a"));
  EXPECT_EQ(read("a"), "a longer text");
}

TEST_F(MirrorsTest, AnObjectThatChangesAllTheTimeIsTrouble) {
  put("a", "text");
  ASSERT_TRUE(list());
  store_.before_fetch = [this] { put("a", "text"); };
  const auto fetched = fetch("a");
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().kind, Trouble::Kind::unavailable);
}

TEST_F(MirrorsTest, AnObjectThatIsGoneIsGone) {
  put("a", "text");
  put("a-longer-name", "text");
  ASSERT_TRUE(list());
  store_.objects.erase("www/a");
  EXPECT_FALSE(*fetch("a"));
  EXPECT_EQ(names(), std::set<std::string>{"a-longer-name"});
}

TEST_F(MirrorsTest, ContentThatEndsTooSoonIsNotTaken) {
  put("a", "text");
  ASSERT_TRUE(list());
  store_.is_short = true;
  const auto fetched = fetch("a");
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().reason, "the store has sent 2 of 4 bytes");
  EXPECT_EQ(mirrors_->state(0).whole_bytes, 0U);
  store_.is_short = false;
  EXPECT_TRUE(*fetch("a"));
  EXPECT_EQ(read("a"), "text");
}

TEST_F(MirrorsTest, WhatWasFetchedFirstMakesRoom) {
  start(400);
  for (const char* name : {"a", "b", "c", "d"}) put(name, std::string(100, name[0]));
  ASSERT_TRUE(list());
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(*fetch(name));
  EXPECT_EQ(mirrors_->state(0).whole_bytes, 300U);
  ASSERT_TRUE(*fetch("d"));
  EXPECT_EQ(mirrors_->state(0).whole_bytes, 400U);
  put("e", std::string(100, 'e'));
  ASSERT_TRUE(list());
  ASSERT_TRUE(*fetch("e"));
  EXPECT_LE(mirrors_->state(0).whole_bytes, 400U);
  EXPECT_EQ(read("e"), std::string(100, 'e'));
  EXPECT_EQ(read("a"), std::string(100, '\0')) << "a placeholder again";
  const int before = store_.fetches;
  ASSERT_TRUE(*fetch("a"));
  EXPECT_EQ(store_.fetches, before + 1);
  EXPECT_EQ(read("a"), std::string(100, 'a'));
}

TEST_F(MirrorsTest, WhatIsLargerThanTheCacheIsImpossible) {
  start(50);
  put("a", std::string(51, 'x'));
  put("b", std::string(50, 'x'));
  ASSERT_TRUE(list());
  const auto fetched = fetch("a");
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().kind, Trouble::Kind::impossible);
  EXPECT_TRUE(*fetch("b"));
}

/// What Mirrors::Growing is told.
struct Told {
  os::Fd file;
  ObjectVersion version;
};

class GrowingMirrorsTest : public MirrorsTest {
 protected:
  void SetUp() override {
    MirrorsTest::SetUp();
    start(10 * Mirrors::kSmallestGrowing);
    growing_ = [this](const os::Fd& file, const ObjectVersion& version) {
      told_.push_back({*os::duplicate(file), version});
    };
  }
  const std::string large_ =
      std::string(Mirrors::kSmallestGrowing / 2, 'a') + std::string(Mirrors::kSmallestGrowing / 2, 'b');
  std::vector<Told> told_;
};

TEST_F(GrowingMirrorsTest, WhatIsThereCanBeReadAndIsMarkedAtTheEnd) {
  put("a", large_);
  ASSERT_TRUE(list());
  bool is_looked_at = false;
  store_.half_way = [&] {
    ASSERT_EQ(told_.size(), 1U);
    EXPECT_EQ(told_[0].version.etag, "1");
    EXPECT_EQ(told_[0].version.size_bytes, large_.size());
    EXPECT_EQ(*os::read_open_file(told_[0].file), large_.substr(0, large_.size() / 2));
    EXPECT_FALSE(os::status(told_[0].file)->is_marked);
    EXPECT_FALSE(os::write_all(told_[0].file, as_bytes(std::string_view("x")))) << "it is for reading";
    is_looked_at = true;
  };
  ASSERT_TRUE(*fetch("a"));
  EXPECT_TRUE(is_looked_at);
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_TRUE(os::status(told_[0].file)->is_marked);
  EXPECT_EQ(*os::read_open_file(told_[0].file), large_);
}

TEST_F(GrowingMirrorsTest, NothingIsToldOfWhatIsSmall) {
  put("a", large_.substr(1));
  ASSERT_TRUE(list());
  ASSERT_TRUE(*fetch("a"));
  EXPECT_TRUE(told_.empty());
}

TEST_F(GrowingMirrorsTest, WhatIsNotWholeIsNeverMarked) {
  put("a", large_);
  ASSERT_TRUE(list());
  store_.is_short = true;
  EXPECT_FALSE(fetch("a"));
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_FALSE(os::status(told_[0].file)->is_marked);
}

TEST_F(GrowingMirrorsTest, AnObjectThatIsReplacedMeanwhileIsFetchedToItsEndAndThenTheOther) {
  put("a", large_);
  ASSERT_TRUE(list());
  std::unique_ptr<ObjectSource> other;
  bool is_replaced = false;
  store_.half_way = [&] {
    if (std::exchange(is_replaced, true)) return;
    put("a", std::string(large_.rbegin(), large_.rend()));
    ASSERT_TRUE(mirrors_->list(0, other));
  };
  ASSERT_TRUE(*fetch("a"));
  ASSERT_EQ(told_.size(), 2U);
  EXPECT_EQ(*os::read_open_file(told_[0].file), large_);
  EXPECT_TRUE(os::status(told_[0].file)->is_marked);
  EXPECT_EQ(told_[1].version.etag, "2");
  EXPECT_TRUE(os::status(told_[1].file)->is_marked);
  EXPECT_EQ(read("a"), std::string(large_.rbegin(), large_.rend()));
}

}  // namespace
}  // namespace bobbin::object_store

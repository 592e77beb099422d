#include "inbox/record_fetcher.h"

#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "inbox/test_inbox_folders.h"
#include "object_store/stream.h"

namespace bobbin::inbox {
namespace {

using object_store::Trouble;
using testing::HasSubstr;

/// Objects, of which a read may have to wait until it is let go on.
class Store {
 public:
  void put(const std::string& key, std::string text) { objects_[key] = std::move(text); }
  void refuse(const std::string& key) { refused_.insert(key); }
  void heal() {
    const Lock lock(mutex_);
    refused_.clear();
  }
  /// Reads wait from now on until so many are under way at once, or until the end.
  void wait_for(std::size_t readers) { awaited_ = readers; }

  Result<std::optional<std::string>, Trouble> read(const std::string& key) {
    const Lock lock(mutex_);
    most_at_once_ = std::max(most_at_once_, ++under_way_);
    read_.insert(key);
    changed_.notify_all();
    while (most_at_once_ < awaited_ && !gives_up_) changed_.wait(mutex_);
    --under_way_;
    if (gives_up_) return failure(Trouble{.kind = Trouble::Kind::aborted, .reason = "told to end"});
    if (refused_.contains(key))
      return failure(Trouble{.kind = Trouble::Kind::unavailable, .reason = "there is no answer"});
    const auto found = objects_.find(key);
    return found == objects_.end() ? std::optional<std::string>() : found->second;
  }
  void give_up() {
    const Lock lock(mutex_);
    gives_up_ = true;
    changed_.notify_all();
  }
  std::set<std::string> keys_read() {
    const Lock lock(mutex_);
    return read_;
  }
  void wait_until_read(const std::string& key) {
    const Lock lock(mutex_);
    while (!read_.contains(key)) changed_.wait(mutex_);
  }

 private:
  std::map<std::string, std::string> objects_;
  std::set<std::string> refused_;
  std::size_t awaited_ = 0;
  Mutex mutex_;
  ConditionVariable changed_;
  std::size_t under_way_ GUARDED_BY(mutex_) = 0;
  std::size_t most_at_once_ GUARDED_BY(mutex_) = 0;
  std::set<std::string> read_ GUARDED_BY(mutex_);
  bool gives_up_ GUARDED_BY(mutex_) = false;
};

class RecordFetcherTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<RecordFetcher> make(std::size_t threads) {
    std::vector<RecordFetcher::Read> readers(threads,
                                             [this](const std::string& key) { return store.read(key); });
    return std::make_unique<RecordFetcher>(
        std::move(readers), intake, [this] { return is_told.load(); }, [this] { store.give_up(); });
  }
  static std::string key(std::uint64_t number) { return "box/" + TestInboxFolders::name_of(number); }
  std::vector<std::string> put_records(std::uint64_t count) {
    std::vector<std::string> keys;
    for (std::uint64_t i = 1; i <= count; ++i) {
      store.put(key(i), TestInboxFolders::record(i));
      keys.push_back(key(i));
    }
    return keys;
  }

  TestInboxFolders inbox;
  RecordIntake intake = *RecordIntake::open(inbox.place().path());
  Store store;
  std::atomic<bool> is_told = false;
};

TEST_F(RecordFetcherTest, FetchesSeveralAtOnceAndGivesThemInOrder) {
  const auto keys = put_records(20);
  store.wait_for(4);
  const auto fetcher = make(4);
  fetcher->expect(keys);
  for (std::uint64_t i = 1; i <= 20; ++i) {
    const auto fetched = fetcher->take(key(i));
    ASSERT_TRUE(fetched) << fetched.error().reason;
    ASSERT_NE(fetched->file, nullptr);
    EXPECT_EQ(fetched->records.first.sequence, i);
    ASSERT_TRUE(intake.put(TestInboxFolders::name_of(i), *fetched->file));
    EXPECT_EQ(inbox.place().read("new/" + TestInboxFolders::name_of(i)), TestInboxFolders::record(i));
  }
}

TEST_F(RecordFetcherTest, IsNotFarAhead) {
  const auto keys = put_records(20);
  const auto fetcher = make(2);
  fetcher->expect(keys);
  store.wait_until_read(key(4));
  ASSERT_TRUE(fetcher->take(key(1)));
  store.wait_until_read(key(5));
  EXPECT_FALSE(store.keys_read().contains(key(6)));
}

TEST_F(RecordFetcherTest, GivesWhatWasNotExpected) {
  const auto keys = put_records(3);
  const auto fetcher = make(1);
  EXPECT_EQ(fetcher->take(key(3))->records.first.sequence, 3U);
  fetcher->expect(keys);
  EXPECT_EQ(fetcher->take(key(2))->records.first.sequence, 2U) << "one may be passed over";
  fetcher->expect({key(1)});
  EXPECT_EQ(fetcher->take(key(1))->records.first.sequence, 1U);
}

TEST_F(RecordFetcherTest, SaysWhatCannotBeTaken) {
  put_records(2);
  store.put("torn", TestInboxFolders::record(3).substr(0, 100));
  store.put("closed", object_store::tombstone("000000000004.json"));
  store.refuse("refused");
  const auto fetcher = make(3);
  fetcher->expect({key(1), "torn", "closed", "missing", "refused", key(2)});
  EXPECT_TRUE(fetcher->take(key(1)));
  const auto torn = fetcher->take("torn");
  ASSERT_FALSE(torn);
  EXPECT_EQ(torn.error().kind, Obstacle::Kind::record);
  EXPECT_THAT(torn.error().reason, HasSubstr("torn is not whole: "));
  const auto closed = fetcher->take("closed");
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->file, nullptr);
  const auto missing = fetcher->take("missing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, Obstacle::Kind::store);
  const auto refused = fetcher->take("refused");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Obstacle::Kind::store);
  EXPECT_EQ(refused.error().reason, "there is no answer");
  EXPECT_TRUE(fetcher->take(key(2))) << "the others are not concerned";
}

TEST_F(RecordFetcherTest, AsksNoMoreThanOnceWhereThereIsTrouble) {
  const auto keys = put_records(20);
  store.refuse(key(1));
  const auto fetcher = make(4);
  EXPECT_FALSE(fetcher->take(key(1)));
  for (int attempt = 0; attempt < 50; ++attempt) {
    fetcher->expect(keys);
    EXPECT_FALSE(fetcher->take(key(1)));
  }
  EXPECT_EQ(store.keys_read(), std::set{key(1)});
  store.heal();
  fetcher->expect(keys);
  for (std::uint64_t i = 1; i <= 20; ++i) EXPECT_TRUE(fetcher->take(key(i))) << i;
}

TEST_F(RecordFetcherTest, EndsWhenItIsTold) {
  const auto keys = put_records(1);
  store.wait_for(2);  // which never are
  const auto fetcher = make(1);
  fetcher->expect(keys);
  store.wait_until_read(key(1));
  is_told = true;
  const auto told = fetcher->take(key(1));
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().kind, Obstacle::Kind::told);
}

TEST_F(RecordFetcherTest, MayEndWhileItFetches) {
  const auto keys = put_records(9);
  store.wait_for(5);
  const auto fetcher = make(4);
  fetcher->expect(keys);
  store.wait_until_read(key(4));
}

TEST_F(RecordFetcherTest, SaysWhenNothingCanBeWritten) {
  put_records(1);
  std::filesystem::remove_all(inbox.place().path("new"));
  const auto fetcher = make(1);
  const auto fetched = fetcher->take(key(1));
  ASSERT_TRUE(fetched) << "it has no name yet";
  EXPECT_FALSE(intake.put(TestInboxFolders::name_of(1), *fetched->file));
}

}  // namespace
}  // namespace bobbin::inbox

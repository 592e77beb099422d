#include "store/record_watcher.h"

#include <cerrno>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "store/test_journal_store.h"

namespace bobbin::store {
namespace {

using Step = TestFolder::Step;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TestWatcher final : public RecordWatcher {
 public:
  explicit TestWatcher(TestFolder& folder) : folder_(folder) {}

  void begin(std::string_view epoch, std::uint64_t named, std::uint64_t checkpointed) override {
    const Lock lock(mutex_);
    events_.push_back(fmt::format("begin {} {}", named, checkpointed));
    epoch_ = epoch;
  }
  void named(std::uint64_t sequence, std::string_view name, std::uint64_t file_bytes) override {
    const Lock lock(mutex_);
    events_.push_back(fmt::format("named {}", sequence));
    const TestFolder::Files files = folder_.files();
    const auto file = files.find("new/" + std::string(name));
    EXPECT_TRUE(file != files.end() && file->second.size() == file_bytes) << name;
  }
  void checkpointed(std::uint64_t through) override {
    const Lock lock(mutex_);
    events_.push_back(fmt::format("checkpointed {}", through));
  }
  [[nodiscard]] std::vector<std::string> take_events() {
    const Lock lock(mutex_);
    return std::exchange(events_, {});
  }
  [[nodiscard]] std::string epoch() {
    const Lock lock(mutex_);
    return epoch_;
  }

 private:
  TestFolder& folder_;
  Mutex mutex_;
  std::vector<std::string> events_ GUARDED_BY(mutex_);
  std::string epoch_ GUARDED_BY(mutex_);
};

/// A store of records, and who watches it.
class RecordWatcherTest : public JournalStoreTest {
 protected:
  RecordWatcherTest() {
    end();
    inbox_ = {.name = "box", .layout = Layout::record};
    start();
  }

  Verdict upload() { return try_to_upload(++documents_); }
  void wait_for_checkpoint() {
    JournalStoreTest::wait_for_checkpoint();
    // The watcher has been told when the mutex of the journal is free again.
    server_->store->watch(watcher_);
  }

  int documents_ = 0;
  std::shared_ptr<TestWatcher> watcher_ = std::make_shared<TestWatcher>(*folder_);
};

TEST_F(RecordWatcherTest, IsToldOfRecordsWhenTheyHaveTheirNamesAndOfTheCheckpointBehindThem) {
  server_->store->watch(watcher_);
  EXPECT_THAT(watcher_->take_events(), ElementsAre("begin 0 0"));
  upload();
  upload();
  EXPECT_THAT(watcher_->take_events(), ElementsAre("named 1", "named 2"));
  wait_for_checkpoint();
  EXPECT_THAT(watcher_->take_events(), ElementsAre("checkpointed 2", "begin 2 2"));
}

/// So a reader never sees what a power cut could take back.
TEST_F(RecordWatcherTest, IsToldOfNoCheckpointBeforeTheFilesAreSynced) {
  server_->store->watch(watcher_);
  upload();
  static_cast<void>(watcher_->take_events());
  folder_->hold(Step::sync_everything);
  server_->store->tick();
  ASSERT_TRUE(folder_->wait_until_held(Step::sync_everything, 1));
  EXPECT_THAT(watcher_->take_events(), IsEmpty());
  folder_->release(Step::sync_everything);
  wait_for_checkpoint();
  EXPECT_THAT(watcher_->take_events(), ElementsAre("checkpointed 1", "begin 1 1"));
}

TEST_F(RecordWatcherTest, IsToldOfNoCheckpointThatHasFailed) {
  server_->store->watch(watcher_);
  upload();
  static_cast<void>(watcher_->take_events());
  folder_->fail(Step::sync_everything, EIO);
  wait_for_checkpoint();
  EXPECT_THAT(watcher_->take_events(), ElementsAre("begin 1 0"));
}

TEST_F(RecordWatcherTest, IsNotToldOfARecordThatIsWithdrawn) {
  server_->store->watch(watcher_);
  upload();
  folder_->fail(Step::publish, EMFILE, 2);
  EXPECT_EQ(upload().kind, Verdict::Kind::failed);
  upload();
  EXPECT_THAT(watcher_->take_events(), ElementsAre("begin 0 0", "named 1", "named 3"));
}

TEST_F(RecordWatcherTest, WhoComesLaterIsToldWhatIsThere) {
  upload();
  wait_for_checkpoint();
  static_cast<void>(watcher_->take_events());
  upload();
  server_->store->watch(watcher_);
  EXPECT_THAT(watcher_->take_events(), ElementsAre("named 2", "begin 2 1"));
}

TEST_F(RecordWatcherTest, AfterACrashAllThatIsThereIsCheckpointed) {
  upload();
  upload();
  server_->store->watch(watcher_);
  const std::string epoch = watcher_->epoch();
  EXPECT_THAT(watcher_->take_events(), ElementsAre("begin 2 0"));
  end();
  folder_->cut_power();
  start();
  server_->store->watch(watcher_);
  EXPECT_THAT(watcher_->take_events(), ElementsAre("begin 2 2"));
  EXPECT_EQ(watcher_->epoch(), epoch);
  EXPECT_NE(epoch, "");
}

TEST_F(RecordWatcherTest, WhoIsGoneIsToldNothing) {
  server_->store->watch(std::make_shared<TestWatcher>(*folder_));
  EXPECT_EQ(upload().kind, Verdict::Kind::stored);
  wait_for_checkpoint();
}

}  // namespace
}  // namespace bobbin::store

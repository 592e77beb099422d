// How a store gives its folder up to another process, and takes it back.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "base/test_patience.h"
#include "os/file.h"
#include "store/directory_folder.h"
#include "store/intake.h"
#include "store/successor.h"
#include "store/test_journal_store.h"

namespace bobbin::store {
namespace {

using State = DocumentStore::State;
using Kind = Verdict::Kind;
using Step = TestFolder::Step;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Keeps what it is given.
class TestSuccessor final : public Successor {
 public:
  void take(std::shared_ptr<Document> document, Document::Done done) override {
    contents.emplace_back(document->content_in_memory().value_or("?"));
    document->discard();
    done(Stored{.name = "elsewhere"});
  }
  std::vector<std::string> contents;
};

struct Way {
  const char* name;
  Durability durability;
  Layout layout = Layout::document;
};

class HandOverTest : public JournalStoreTest, public testing::WithParamInterface<Way> {
 protected:
  HandOverTest() {
    end();
    inbox_.layout = GetParam().layout;
    start(GetParam().durability);
  }

  FolderStore& store() { return *server_->store; }
  void hand_over() {
    ASSERT_TRUE(store().hand_over([this] {
      const Lock lock(mutex_);
      ++handed_over_;
      changed_.notify_all();
    }));
  }
  void wait_until_handed_over() {
    const Instant deadline = end_of_patience();
    const Lock lock(mutex_);
    while (handed_over_ == 0 && monotonic_now() < deadline) changed_.wait_for(mutex_, milliseconds(100));
    ASSERT_EQ(handed_over_, 1);
  }
  bool is_handed_over() {
    const Lock lock(mutex_);
    return handed_over_ > 0;
  }
  /// The successor, in this process.
  std::shared_ptr<FolderStore> start_successor() {
    folder_->set_ownership(Ownership::ours);
    return *FolderStore::create(folder_, server_->executor, {log_.writer("Uploads"), log_.writer("Uploads")},
                                server_->registry, {.durability = GetParam().durability, .inbox = inbox_});
  }

  Mutex mutex_;
  ConditionVariable changed_;
  int handed_over_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Ways, HandOverTest,
                         testing::Values(Way{"files", Durability::files}, Way{"journal", Durability::journal},
                                         Way{"records", Durability::journal, Layout::record},
                                         Way{"segments", Durability::journal, Layout::segments}),
                         [](const auto& way) { return way.param.name; });

TEST_P(HandOverTest, WhatWasAcknowledgedIsThereForTheSuccessor) {
  for (int i = 0; i < 3; ++i) upload(i, std::to_string(i));
  hand_over();
  wait_until_handed_over();
  const TestFolder::Files before = files();
  EXPECT_THAT(before, SizeIs(GetParam().layout == Layout::segments ? 1U : 3U));
  EXPECT_EQ(*folder_->own(), Ownership::another_process);
  const auto successor = start_successor();
  EXPECT_EQ(successor->state(), State::open);
  EXPECT_EQ(files(), before) << "nothing was left to be recovered";
}

TEST_P(HandOverTest, DocumentsWaitAndAreDelivered) {
  upload(1, "1");
  hand_over();
  wait_until_handed_over();
  submit(2, "two");
  EXPECT_EQ(store().state(), State::open);
  EXPECT_FALSE(outcomes_.has(2));
  const auto successor = std::make_shared<TestSuccessor>();
  store().deliver_to(successor);
  submit(3, "three");
  EXPECT_EQ(outcomes_.wait(2).name, "elsewhere");
  EXPECT_EQ(outcomes_.wait(3).name, "elsewhere");
  EXPECT_THAT(successor->contents, testing::ElementsAre("two", "three"));
}

TEST_P(HandOverTest, WhatIsUnderWayIsStoredFirst) {
  const Step step = GetParam().layout == Layout::segments        ? Step::sync_everything
                    : GetParam().durability == Durability::files ? Step::sync
                                                                 : Step::publish;
  folder_->hold(step);
  submit(1, "1");
  if (step != Step::sync_everything) {
    ASSERT_TRUE(folder_->wait_until_held(step, 1));
  }
  hand_over();
  submit(2, "2");
  ASSERT_TRUE(folder_->wait_until_held(step, 1));
  EXPECT_FALSE(is_handed_over());
  EXPECT_FALSE(outcomes_.has(2));
  folder_->release(step);
  wait_until_handed_over();
  EXPECT_EQ(outcomes_.wait(1).kind, Kind::stored);
  EXPECT_FALSE(outcomes_.has(2));
  store().deliver_to(std::make_shared<TestSuccessor>());
}

TEST_P(HandOverTest, ItTakesTheFolderBackWhenTheSuccessorHasFailed) {
  upload(1, "1");
  hand_over();
  wait_until_handed_over();
  submit(2, "2");
  store().take_back();
  EXPECT_FALSE(outcomes_.has(2)) << "the successor may still have the folder";
  EXPECT_EQ(store().state(), State::open) << "documents wait";
  folder_->set_ownership(Ownership::ours);
  store().try_to_take_over();
  EXPECT_EQ(outcomes_.wait(2).kind, Kind::stored);
  EXPECT_EQ(store().state(), State::open);
  upload(3, "3");
  stop_cleanly();
  EXPECT_THAT(files(), SizeIs(GetParam().layout == Layout::segments ? 2U : 3U));
  start(GetParam().durability);
  EXPECT_EQ(store().state(), State::open);
}

TEST_P(HandOverTest, KeysAreKnownToTheSuccessorAndAfterTakingBack) {
  if (GetParam().layout != Layout::record) GTEST_SKIP() << "only records have keys";
  key_ = key_of("k");
  upload(1, "1");
  hand_over();
  wait_until_handed_over();
  submit(2, "1");
  store().take_back();
  folder_->set_ownership(Ownership::ours);
  store().try_to_take_over();
  EXPECT_TRUE(outcomes_.wait(2).is_repetition);
  EXPECT_THAT(files(), SizeIs(1));
}

TEST_P(HandOverTest, NothingIsStoredInAFolderThatCannotBePreparedAgain) {
  upload(1, "1");
  hand_over();
  wait_until_handed_over();
  const TestFolder::Files before = files();
  submit(2, "2");
  Draft begun = store().begin(0);
  EXPECT_EQ(begun.append(as_bytes("3")), Draft::Intake::more);
  folder_->set_ownership(Ownership::ours);
  folder_->fail(Step::prepare, EROFS, folder_->calls(Step::prepare) + 1);
  store().take_back();
  EXPECT_EQ(outcomes_.wait(2).kind, Kind::closed);
  std::move(begun).commit(outcomes_.expect(3));
  EXPECT_EQ(outcomes_.wait(3).kind, Kind::closed);
  EXPECT_EQ(store().state(), State::closed);
  EXPECT_EQ(files(), before);
}

TEST_P(HandOverTest, OnceThereIsSpaceAgainDocumentsAreTaken) {
  hand_over();
  wait_until_handed_over();
  submit(1, "1");
  folder_->set_ownership(Ownership::ours);
  folder_->fail(Step::prepare, ENOSPC, folder_->calls(Step::prepare) + 1);
  store().take_back();
  EXPECT_EQ(outcomes_.wait(1).kind, Kind::closed);
  EXPECT_EQ(store().state(), State::full);
  store().try_to_take_over();
  wait_until_open();
  upload(2, "2");
}

TEST_P(HandOverTest, AStoreThatWasNeverStartedIsStartedWhenItsPredecessorLeaves) {
  upload(1, "1");
  const auto successor = *FolderStore::create(
      folder_, server_->executor, {log_.writer("Uploads"), log_.writer("Uploads")}, server_->registry,
      {.durability = GetParam().durability, .inbox = inbox_, .has_predecessor = true});
  EXPECT_EQ(successor->state(), State::occupied);
  EXPECT_THAT(log_.lines(observe::LogLevel::warning), IsEmpty());
  hand_over();
  wait_until_handed_over();
  folder_->set_ownership(Ownership::ours);
  ASSERT_TRUE(successor->start());
  EXPECT_EQ(successor->state(), State::open);
}

TEST_P(HandOverTest, ADocumentOfAFileIsStoredAsOneThatWasReceived) {
  if (GetParam().layout != Layout::document) GTEST_SKIP() << "records stay in memory";
  const std::string content = large_document();
  const os::Fd file = *os::file_in_memory(content);
  auto draft = draft_of_file(store(), file, content.size());
  ASSERT_TRUE(draft);
  std::move(*draft).commit(outcomes_.expect(1));
  const Verdict verdict = outcomes_.wait(1);
  ASSERT_EQ(verdict.kind, Kind::stored);
  EXPECT_EQ(files()[verdict.name], content);
}

TEST_P(HandOverTest, AFileThatIsShorterThanAnnouncedIsNoDocument) {
  const os::Fd file = *os::file_in_memory("{}");
  const auto draft = draft_of_file(store(), file, 3);
  ASSERT_FALSE(draft);
  EXPECT_EQ(draft.error().cause.code, ENODATA);
}

}  // namespace
}  // namespace bobbin::store

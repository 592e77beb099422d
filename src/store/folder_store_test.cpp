#include "store/folder_store.h"

#include <cerrno>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "base/test_patience.h"
#include "executor/test_gate.h"
#include "os/test_directory.h"
#include "store/directory_folder.h"
#include "store/test_folder_store.h"

namespace bobbin::store {
namespace {

using State = DocumentStore::State;
using Kind = Verdict::Kind;
using Step = TestFolder::Step;
using observe::LogLevel;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OwnershipTest : public FolderStoreTest {
 protected:
  bool is_soon(State state) {
    const Instant deadline = end_of_patience();
    while (store_->state() != state && monotonic_now() < deadline) std::this_thread::yield();
    return store_->state() == state;
  }
};

TEST_F(OwnershipTest, ItsOwnFolderIsPreparedAtOnce) {
  EXPECT_EQ(start().state(), State::open);
  EXPECT_EQ(folder_->calls(Step::prepare), 1U);
  EXPECT_THAT(log_.lines(LogLevel::warning), IsEmpty());
}

TEST_F(OwnershipTest, AJournalIsKeptWhereNothingIsKnownAgainstIt) {
  EXPECT_EQ(start({.durability = Durability::automatic}).durability(), Durability::journal);
  folder_->obstacle = "it is a test";
  EXPECT_EQ(start({.durability = Durability::automatic}).durability(), Durability::files);
  EXPECT_EQ(start({.durability = Durability::journal}).durability(), Durability::journal);
  finish();
  EXPECT_THAT(log_.lines(LogLevel::info), ElementsAre(HasSubstr("without a journal: it is a test")));
  EXPECT_THAT(log_.lines(LogLevel::warning), ElementsAre(HasSubstr("cannot be relied on: it is a test")));
}

TEST_F(OwnershipTest, AFolderThatCannotBePreparedIsNoStore) {
  folder_->fail(Step::prepare, EROFS);
  const auto store = FolderStore::create(folder_, executor_, {log_.writer("Uploads"), log_.writer("Uploads")},
                                         registry_, {});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, EROFS);
}

TEST_F(OwnershipTest, AFolderOfAnotherProcessIsLeftAloneUntilItHasEnded) {
  folder_->set_ownership(Ownership::another_process);
  start();
  store_->try_to_take_over();
  EXPECT_EQ(store_->state(), State::occupied);
  EXPECT_EQ(folder_->calls(Step::prepare), 0U);
  EXPECT_THAT(log_.lines(LogLevel::warning), ElementsAre(HasSubstr("another server")));
  EXPECT_EQ(registry_.states().at(0).text, "occupied");

  folder_->set_ownership(Ownership::ours);
  folder_->hold(Step::prepare);
  store_->try_to_take_over();
  ASSERT_TRUE(folder_->wait_until_held(Step::prepare, 1)) << "by another thread: a disk may hang";
  store_->try_to_take_over();
  EXPECT_EQ(store_->state(), State::occupied);
  folder_->release(Step::prepare);
  EXPECT_TRUE(is_soon(State::open));
  EXPECT_EQ(registry_.states().at(0).text, "open");
  EXPECT_EQ(folder_->calls(Step::prepare), 1U);
  EXPECT_EQ(upload(1).kind, Kind::stored);
  finish();
  EXPECT_THAT(log_.lines(LogLevel::info), ElementsAre(HasSubstr("uploads are taken")));
}

TEST_F(OwnershipTest, AFolderThatProvesUnusableAfterwardsIsClosed) {
  folder_->set_ownership(Ownership::another_process);
  start();
  folder_->set_ownership(Ownership::ours);
  folder_->fail(Step::prepare, EIO);
  store_->try_to_take_over();
  EXPECT_TRUE(is_soon(State::closed));
  store_->try_to_take_over();
  finish();
  EXPECT_EQ(folder_->calls(Step::prepare), 1U);
  EXPECT_THAT(log_.lines(LogLevel::error), ElementsAre(HasSubstr("Input/output error")));
}

TEST_F(OwnershipTest, WhenNoThreadCanPrepareTheFolderItIsTriedAgain) {
  folder_->set_ownership(Ownership::another_process);
  start({.writing_documents = 1, .waiting_documents = 1});
  folder_->set_ownership(Ownership::ours);
  executor::Gate gate;
  ASSERT_TRUE(store_->writing().run([&] { gate.pass(); }));
  ASSERT_TRUE(gate.wait_for(1));
  ASSERT_TRUE(store_->writing().run([&] { gate.pass(); }));
  store_->try_to_take_over();
  EXPECT_EQ(store_->state(), State::occupied);
  gate.open();
  ASSERT_TRUE(gate.wait_for(2));
  const Instant deadline = end_of_patience();
  while (store_->state() != State::open && monotonic_now() < deadline) store_->try_to_take_over();
  EXPECT_EQ(store_->state(), State::open);
}

TEST_F(OwnershipTest, WhereThereAreNoLocksTheFolderIsUsedAndTheOperatorTold) {
  folder_->set_ownership(Ownership::unknown);
  EXPECT_EQ(start().state(), State::open);
  EXPECT_THAT(log_.lines(LogLevel::warning), ElementsAre(HasSubstr("no locks")));
}

TEST_F(OwnershipTest, AFailedSyncClosesTheStore) {
  start();
  folder_->fail(Step::sync, EIO);
  EXPECT_EQ(upload(1).kind, Kind::failed);
  EXPECT_EQ(store_->state(), State::closed);
}

// With a real folder: the lock is the directory's.
class TwoStores : public ::testing::Test {
 protected:
  ~TwoStores() override {
    executor_.shut_down([] {});
    executor_.join();
  }
  std::shared_ptr<FolderStore> open() {
    return *FolderStore::create(*DirectoryFolder::open(directory_.path()), executor_,
                                {log_.writer("Uploads"), log_.writer("Uploads")}, registry_, {});
  }

  os::TestDirectory directory_;
  observe::TestLog log_;
  observe::Registry registry_;
  executor::Executor executor_;
  TestOutcomes outcomes_;
};

TEST_F(TwoStores, TheSecondTakesOverWhenTheFirstIsGone) {
  auto first = open();
  EXPECT_EQ(first->state(), State::open);
  const auto second = open();
  second->try_to_take_over();
  EXPECT_EQ(second->state(), State::occupied);
  first.reset();
  second->try_to_take_over();
  const Instant deadline = end_of_patience();
  while (second->state() != State::open && monotonic_now() < deadline) std::this_thread::yield();
  EXPECT_EQ(second->state(), State::open);
}

TEST_F(TwoStores, TheFirstHasTheFolderUntilItsLastDocumentIsStored) {
  auto first = open();
  const auto second = open();
  Draft draft = first->begin(0);
  ASSERT_EQ(draft.append(as_bytes("[]")), Draft::Intake::more);
  first.reset();
  second->try_to_take_over();
  EXPECT_EQ(second->state(), State::occupied) << "a document is still under way";
  std::move(draft).commit(outcomes_.expect(1));
  EXPECT_EQ(outcomes_.wait(1).kind, Kind::stored);
}

}  // namespace
}  // namespace bobbin::store

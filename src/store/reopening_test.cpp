// What a store does when a sync has failed: it proves itself, and opens again.

#include <cerrno>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <thread>

#include "base/test_patience.h"
#include "store/test_journal_store.h"

namespace bobbin::store {
namespace {

using Kind = Verdict::Kind;
using State = DocumentStore::State;
using Step = TestFolder::Step;
using observe::LogLevel;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ReopeningTest : public JournalStoreTest {
 protected:
  /// As the server does once a second.
  bool is_soon(State state) {
    const Instant deadline = end_of_patience();
    while (server_->store->state() != state && monotonic_now() < deadline) {
      server_->store->tick();
      std::this_thread::yield();
    }
    return server_->store->state() == state;
  }
  void fail_a_flush(int number) {
    folder_->journal_disk().fail_flush = EIO;
    EXPECT_EQ(try_to_upload(number, "\"refused\"").code, EIO);
    EXPECT_EQ(try_to_upload(number + 1).kind, Kind::closed);
  }
  /// From now on the flush of this number fails, once.
  void fail_flush(int number) {
    flushes_ = 0;
    folder_->journal_disk().on_flush = [this, number] {
      if (++flushes_ == number) folder_->journal_disk().fail_flush = EIO;
    };
  }
  /// The document cannot be named, and then not be withdrawn.
  void fail_a_withdrawal(int number) {
    fail_flush(2);
    folder_->fail(Step::publish, ENOSPC, folder_->calls(Step::publish) + 1);
    EXPECT_EQ(try_to_upload(number, "2").kind, Kind::failed);
    EXPECT_EQ(server_->store->state(), State::closed);
  }
  void fail_a_checkpoint() {
    folder_->fail(Step::sync_everything, EIO, folder_->calls(Step::sync_everything) + 1);
    server_->store->tick();
    const Instant deadline = end_of_patience();
    while (server_->store->state() == State::open && monotonic_now() < deadline) std::this_thread::yield();
    ASSERT_EQ(server_->store->state(), State::closed);
  }

  int flushes_ = 0;
};

TEST_F(ReopeningTest, BehindAFailedFlushTheJournalGoesOn) {
  TestFolder::Files expected{{upload(1, "1"), "1"}};
  fail_a_flush(2);
  EXPECT_TRUE(is_soon(State::open));
  expected.emplace(upload(4, "4"), "4");
  EXPECT_EQ(files(), expected);
  EXPECT_EQ(server_->registry.states().at(0).text, "open");
  EXPECT_GT(folder_->journal_disk().spares_removed, 0);
  restart();
  EXPECT_EQ(files(), expected);
  restart_after_power_cut();
  EXPECT_EQ(files(), expected) << "what was refused has not come";
  EXPECT_THAT(log_.lines(LogLevel::warning), Contains(HasSubstr("stores again")));
}

TEST_F(ReopeningTest, WhatWasRefusedDoesNotComeWithTheNextStartEither) {
  upload(1, "1");
  fail_a_flush(2);
  restart();
  EXPECT_THAT(files(), SizeIs(1));
}

TEST_F(ReopeningTest, TheSequenceHasNoGap) {
  end();
  inbox_ = {.name = "github", .layout = Layout::record};
  piece_bytes_ = 1024UL * 1024;
  start();
  EXPECT_EQ(try_to_upload(1).sequence, 1U);
  fail_a_flush(2);
  EXPECT_TRUE(is_soon(State::open));
  EXPECT_EQ(try_to_upload(4).sequence, 2U);
  restart();
  EXPECT_EQ(try_to_upload(5).sequence, 3U);
}

TEST_F(ReopeningTest, WhatTheDiskMayHaveLostIsWrittenAgain) {
  const std::string small = upload(1, "1");
  const std::string large = upload(2, large_document());
  fail_a_checkpoint();
  EXPECT_TRUE(is_soon(State::open));
  EXPECT_EQ(folder_->calls(Step::write_again), 1U) << "the large one has been synced by itself";
  EXPECT_EQ(folder_->after_power_cut()[small], "1");
  EXPECT_EQ(folder_->after_power_cut()[large], large_document());
  restart_after_power_cut();
  EXPECT_EQ(files(), (TestFolder::Files{{small, "1"}, {large, large_document()}}));
}

TEST_F(ReopeningTest, WhatAConsumerHasTakenDoesNotComeAgain) {
  folder_->take(upload(1, "1"));
  fail_a_flush(2);
  EXPECT_TRUE(is_soon(State::open));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(ReopeningTest, ADocumentThatCouldNotBeWithdrawnDoesNotCome) {
  const std::string first = upload(1, "1");
  fail_a_withdrawal(2);
  EXPECT_TRUE(is_soon(State::open));
  EXPECT_EQ(files(), (TestFolder::Files{{first, "1"}}));
  restart_after_power_cut();
  EXPECT_EQ(files(), (TestFolder::Files{{first, "1"}}));
}

TEST_F(ReopeningTest, AKillOnTheWayIsMadeUpForByTheNextStart) {
  const std::string name = upload(1, "1");
  fail_a_flush(2);
  folder_->fail(Step::write_again, EIO);
  EXPECT_EQ(folder_->calls(Step::write_again), 0U);
  server_->store->tick();
  ASSERT_TRUE(folder_->wait_until_called(Step::write_again, 1));
  restart();
  EXPECT_EQ(folder_->calls(Step::write_again), 2U) << "the journal says that the documents are in doubt";
  EXPECT_EQ(files(), (TestFolder::Files{{name, "1"}}));
}

TEST_F(ReopeningTest, ACheckpointThatWasUnderWayIsNotRecordedAfterwards) {
  upload(1, "1");
  folder_->hold(Step::sync_everything);
  server_->store->tick();
  ASSERT_TRUE(folder_->wait_until_held(Step::sync_everything, 1));
  fail_a_flush(2);
  while (folder_->calls(Step::sync_everything) < 2) {
    server_->store->tick();
    std::this_thread::yield();
  }
  folder_->release(Step::sync_everything);
  EXPECT_TRUE(is_soon(State::open));
  const std::string second = upload(4, "4");
  wait_for_checkpoint();
  restart_after_power_cut();
  EXPECT_EQ(files()[second], "4");
}

TEST_F(ReopeningTest, AfterThreeProofsThatFailItIsGivenUp) {
  fail_a_flush(1);
  folder_->fail(Step::prove, EIO, 1, 100);
  for (int i = 0; i < 50; ++i) {
    server_->store->tick();
    std::this_thread::sleep_for(milliseconds(1));
  }
  end();
  EXPECT_EQ(folder_->calls(Step::prove), 3U);
  EXPECT_THAT(log_.lines(LogLevel::error), Contains(HasSubstr("until the server is restarted")));
}

TEST_F(ReopeningTest, WithoutSpaceItIsTriedAgain) {
  fail_a_flush(1);
  folder_->fail(Step::prove, ENOSPC, 1, 20);
  EXPECT_TRUE(is_soon(State::full));
  EXPECT_EQ(server_->registry.states().at(0).text, "full");
  EXPECT_TRUE(is_soon(State::open));
  EXPECT_EQ(folder_->calls(Step::prove), 21U);
  upload(3, "3");
}

TEST_F(ReopeningTest, ItIsAskedForOnly) {
  end();
  after_sync_failure_ = AfterSyncFailure::stop;
  start();
  fail_a_flush(1);
  for (int i = 0; i < 10; ++i) server_->store->tick();
  end();
  EXPECT_EQ(folder_->calls(Step::prove), 0U);
  EXPECT_THAT(log_.lines(LogLevel::error), Contains(HasSubstr("until the server is restarted")));
}

TEST_F(ReopeningTest, AStoreWithoutAJournalOpensAgain) {
  end();
  start(Durability::files);
  folder_->fail(Step::sync, EIO, folder_->calls(Step::sync) + 1);
  EXPECT_EQ(try_to_upload(1).code, EIO);
  EXPECT_EQ(try_to_upload(2).kind, Kind::closed);
  EXPECT_TRUE(is_soon(State::open));
  const std::string name = upload(3, "3");
  restart_after_power_cut();
  EXPECT_EQ(files(), (TestFolder::Files{{name, "3"}}));
}

TEST_F(ReopeningTest, SegmentsOfRecordsAreClosedAndOthersBegun) {
  end();
  inbox_ = {.name = "meters", .layout = Layout::segments};
  piece_bytes_ = 1024UL * 1024;
  start();
  for (int i = 1; i <= 3; ++i) upload(i, "1");
  fail_a_flush(10);
  EXPECT_TRUE(is_soon(State::open));
  EXPECT_THAT(files(), SizeIs(1));
  upload(20, "2");
  stop_cleanly();
  EXPECT_THAT(files(), SizeIs(2));
  start();
  EXPECT_EQ(try_to_upload(21).sequence, 5U);
}

/// The note that it had been published is flushed with the next batch only.
TEST_F(ReopeningTest, WhatAConsumerHasTakenDoesNotComeAgainWithTheNextStart) {
  folder_->take(upload(1, "1"));
  fail_a_flush(2);
  restart();
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(ReopeningTest, WhatAConsumerHasTakenDoesNotComeAgainAfterAKillOnTheWay) {
  folder_->take(upload(1, "1"));
  const std::string second = upload(2, "2");
  folder_->take(upload(3, "3"));
  fail_a_flush(4);
  folder_->fail(Step::write_again, EIO);
  server_->store->tick();
  ASSERT_TRUE(folder_->wait_until_called(Step::write_again, 1));
  restart();
  EXPECT_EQ(files(), (TestFolder::Files{{second, "2"}}));
}

// The page cache has the withdrawal.
TEST_F(ReopeningTest, ADocumentThatCouldNotBeWithdrawnDoesNotComeWithTheNextStart) {
  const std::string first = upload(1, "1");
  fail_a_withdrawal(2);
  restart();
  EXPECT_EQ(files(), (TestFolder::Files{{first, "1"}}));
}

// The page cache says that they are in doubt.
TEST_F(ReopeningTest, BehindAFailedFlushTheNextStartWritesTheDocumentsAgain) {
  upload(1, "1");
  fail_a_flush(2);
  restart();
  EXPECT_EQ(folder_->calls(Step::write_again), 1U);
}

// A power cut may bring a segment back that was removed: it must not belong to another journal.
TEST_F(ReopeningTest, AJournalThatCouldNotBeBegunIsBegunAgainWithTheSameEpoch) {
  fail_flush(2);  // of the checkpoint behind its beginning
  EXPECT_EQ(try_to_upload(1, "1").code, EIO);
  EXPECT_TRUE(is_soon(State::open));
  const auto segments = folder_->journal_disk().segments;
  ASSERT_THAT(segments, SizeIs(1));
  const std::string name = upload(2, "2");
  end();
  for (const auto& each : segments)
    folder_->journal_disk().segments.insert(each);  // its removal was not synced
  folder_->cut_power();
  start();
  EXPECT_EQ(files(), (TestFolder::Files{{name, "2"}}));
}

// The first one, of a file, has closed the store when the flush fails.
TEST_F(ReopeningTest, WhatWasRefusedDoesNotComeWhenTwoSyncsFailInOneBatch) {
  upload(1, "1");
  folder_->hold(Step::sync_hidden_names);
  submit(2, large_document());
  ASSERT_TRUE(folder_->wait_until_held(Step::sync_hidden_names, 1));
  submit(3, "\"refused\"");
  submit(4, large_document());
  fail_flush(2);
  folder_->fail(Step::sync, EIO, folder_->calls(Step::sync) + 1);
  folder_->release(Step::sync_hidden_names);
  EXPECT_EQ(outcomes_.wait(2).kind, Kind::stored);
  EXPECT_EQ(outcomes_.wait(3).code, EIO);
  // Where it was late, it is not in the same batch.
  EXPECT_THAT(outcomes_.wait(4).kind, AnyOf(Kind::failed, Kind::closed));
  restart();
  EXPECT_THAT(files(), SizeIs(2));
}

TEST_F(ReopeningTest, BesideAFailedWithdrawalOthersAreStored) {
  upload(1, "1");
  folder_->hold(Step::sync_hidden_names);
  submit(2, large_document());
  ASSERT_TRUE(folder_->wait_until_held(Step::sync_hidden_names, 1));
  submit(3, "3");
  submit(4, "4");
  fail_flush(3);  // that of the withdrawal
  folder_->fail(Step::publish, ENOSPC, folder_->calls(Step::publish) + 3);
  folder_->release(Step::sync_hidden_names);
  EXPECT_EQ(outcomes_.wait(2).kind, Kind::stored);
  const Verdict third = outcomes_.wait(3);
  EXPECT_EQ(third.kind, Kind::stored) << "it is durable and has its name";
  EXPECT_EQ(outcomes_.wait(4).code, ENOSPC);
  folder_->take(third.name);
  EXPECT_TRUE(is_soon(State::open));
  EXPECT_THAT(files(), SizeIs(2)) << "what a consumer has taken does not come again";
}

TEST_F(ReopeningTest, AStoreThatHasOpenedAgainIsNotInDoubt) {
  upload(1, "1");
  wait_for_checkpoint();
  fail_a_flush(2);
  EXPECT_TRUE(is_soon(State::open));
  end();
  const auto medium = *folder_->open_journal(false);
  EXPECT_FALSE(journal::Journal::read(*medium)->is_in_doubt);
  start();
}

TEST_F(ReopeningTest, WhatAnAttemptHasPublishedIsNotPublishedByTheNext) {
  end();
  inbox_ = {.name = "meters", .layout = Layout::segments};
  piece_bytes_ = 1024UL * 1024;
  start();
  for (int i = 1; i <= 3; ++i) upload(i, "1");
  fail_a_flush(10);
  const std::size_t syncs = folder_->calls(Step::sync_everything);
  folder_->fail(Step::sync_everything, EIO, syncs + 2);  // not the one whose failure is of the past
  server_->store->tick();
  ASSERT_TRUE(folder_->wait_until_called(Step::sync_everything, syncs + 2));
  ASSERT_THAT(files(), SizeIs(1));
  folder_->take(files().begin()->first);
  EXPECT_TRUE(is_soon(State::open));
  EXPECT_THAT(files(), IsEmpty());
}

// The kernel tells it once, and it may concern what has come since the store opened.
TEST_F(ReopeningTest, AFailedSyncOfACheckpointThatWasUnderWayCounts) {
  upload(1, "1");
  folder_->fail(Step::sync_everything, EIO, folder_->calls(Step::sync_everything) + 1);
  folder_->hold(Step::sync_everything);
  server_->store->tick();
  ASSERT_TRUE(folder_->wait_until_held(Step::sync_everything, 1));
  fail_a_flush(2);
  while (folder_->calls(Step::sync_everything) < 2) {
    server_->store->tick();
    std::this_thread::yield();
  }
  folder_->release(Step::sync_everything);
  const Instant deadline = end_of_patience();
  while (folder_->calls(Step::prove) < 2 && monotonic_now() < deadline) {
    server_->store->tick();
    std::this_thread::yield();
  }
  EXPECT_EQ(folder_->calls(Step::prove), 2U);
}

TEST_F(ReopeningTest, AFileThatIsTakenMeanwhileIsNoFailedProof) {
  upload(1, "1");
  fail_a_flush(2);
  folder_->fail(Step::write_again, ENOENT, 1);  // as open_for_writing_at says
  EXPECT_TRUE(is_soon(State::open));
  EXPECT_EQ(folder_->calls(Step::prove), 1U);
}

}  // namespace
}  // namespace bobbin::store

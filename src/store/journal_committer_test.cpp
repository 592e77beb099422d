#include "store/journal_committer.h"

#include <cerrno>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>

#include "base/test_patience.h"
#include "store/test_journal_store.h"

namespace bobbin::store {
namespace {

using Kind = Verdict::Kind;
using Step = TestFolder::Step;
using observe::LogLevel;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

using JournalCommitterTest = JournalStoreTest;

TEST_F(JournalCommitterTest, NamesTheFileOnceTheRecordIsDurable) {
  const std::string first = upload(0, "{}");
  int flushes = 0;
  folder_->journal_disk().on_flush = [&] {
    ++flushes;
    EXPECT_THAT(files(), SizeIs(1));
  };
  const std::string name = upload(1, "{\"a\":1}");
  folder_->journal_disk().on_flush = [] {};
  EXPECT_EQ(flushes, 1);
  EXPECT_EQ(files(), (TestFolder::Files{{first, "{}"}, {name, "{\"a\":1}"}}));
  EXPECT_THAT(folder_->events(), ElementsAre("publish", "publish")) << "nothing but the journal is synced";
}

TEST_F(JournalCommitterTest, NothingIsWrittenBeforeTheFirstDocument) {
  EXPECT_FALSE(folder_->has_journal());
  stop_cleanly();
  start();
  EXPECT_FALSE(folder_->has_journal());
  upload(1, "1");
  stop_cleanly();
  const auto segments = folder_->journal_disk().segments.size();
  start();
  stop_cleanly();
  EXPECT_EQ(folder_->journal_disk().segments.size(), segments) << "after a clean stop nothing is to be noted";
}

TEST_F(JournalCommitterTest, AJournalThatCannotBeginForLackOfSpaceBeginsWhenThereIsSome) {
  folder_->journal_disk().fail_prepare = ENOSPC;
  EXPECT_EQ(try_to_upload(1).code, ENOSPC);
  EXPECT_EQ(server_->store->state(), DocumentStore::State::open);
  const std::string name = upload(2, "2");
  restart_after_power_cut();
  EXPECT_EQ(files(), (TestFolder::Files{{name, "2"}}));
}

TEST_F(JournalCommitterTest, ARecoveryForWhichThereIsNoSpaceIsTriedAgain) {
  const std::string name = upload(1, "1");
  end();
  folder_->cut_power();
  folder_->fail(Step::append, ENOSPC, folder_->calls(Step::append) + 1);
  start();
  EXPECT_EQ(server_->store->state(), DocumentStore::State::full);
  EXPECT_EQ(server_->registry.states().at(0).text, "full");
  server_->store->try_to_take_over();
  const Instant deadline = end_of_patience();
  while (server_->store->state() != DocumentStore::State::open && monotonic_now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(server_->store->state(), DocumentStore::State::open);
  EXPECT_EQ(files(), (TestFolder::Files{{name, "1"}}));
  end();
  EXPECT_THAT(log_.lines(LogLevel::warning), Contains(HasSubstr("until there is space")));
  EXPECT_THAT(log_.lines(LogLevel::info), Contains(HasSubstr("There is space again")));
}

TEST_F(JournalCommitterTest, APowerCutAtTheAnswerLosesNothing) {
  TestFolder::Files acknowledged;
  for (int i = 0; i < 5; ++i) {
    const std::string content = "{\"n\":" + std::to_string(i) + "}";
    acknowledged[upload(i, content)] = content;
    if (i == 2) wait_for_checkpoint();
    restart_after_power_cut();
    ASSERT_EQ(files(), acknowledged);
  }
}

TEST_F(JournalCommitterTest, ALargeDocumentIsAsSafe) {
  const std::string name = upload(1, large_document());
  restart_after_power_cut();
  EXPECT_EQ(files(), (TestFolder::Files{{name, large_document()}}));
  EXPECT_THAT(folder_->files(), SizeIs(1)) << "its hidden name is gone";
}

TEST_F(JournalCommitterTest, TheHiddenNameOfALargeDocumentGoesAfterACheckpoint) {
  const std::string name = upload(1, large_document());
  EXPECT_TRUE(folder_->files().contains(Folder::hidden_name(name)));
  wait_for_checkpoint();
  EXPECT_FALSE(folder_->files().contains(Folder::hidden_name(name)));
  restart_after_power_cut();
  EXPECT_EQ(files(), (TestFolder::Files{{name, large_document()}}));
}

TEST_F(JournalCommitterTest, AKillLosesNothingAndRepeatsNothing) {
  const std::string kept = upload(1, "1");
  const std::string taken = upload(2, "2");
  folder_->take(taken);
  restart();
  EXPECT_THAT(files(), ElementsAre(std::pair(kept, "1")));
  upload(3, "3");
  restart();
  EXPECT_THAT(files(), SizeIs(2));
}

TEST_F(JournalCommitterTest, APowerCutRepeatsWhatMayHaveBeenTaken) {
  const std::string checkpointed = upload(1, "1");
  wait_for_checkpoint();
  const std::string recent = upload(2, "2");
  folder_->take(checkpointed);
  folder_->take(recent);
  ASSERT_TRUE(folder_->sync_names());
  restart_after_power_cut();
  EXPECT_THAT(files(), ElementsAre(std::pair(recent, "2")));
}

TEST_F(JournalCommitterTest, NothingIsRepeatedAfterACleanStop) {
  folder_->take(upload(1, "1"));
  const std::string kept = upload(2, large_document());
  stop_cleanly();
  folder_->cut_power();
  start();
  EXPECT_EQ(files(), (TestFolder::Files{{kept, large_document()}}));
}

TEST_F(JournalCommitterTest, AFileThatAPowerCutHasDamagedIsSetAside) {
  const std::string name = upload(1, "{\"a\":1}");
  ASSERT_TRUE(folder_->sync_everything());
  folder_->overwrite(name, std::string(7, '\0'));
  restart_after_power_cut();
  EXPECT_THAT(files(), ElementsAre(std::pair(name, "{\"a\":1}")));
  EXPECT_EQ(folder_->files()[".bobbin/replaced/" + name], std::string(7, '\0'));
  EXPECT_THAT(log_.lines(LogLevel::warning), Contains(HasSubstr("is set aside")));
}

TEST_F(JournalCommitterTest, AFileThatSomebodyHasChangedIsLeftAfterAKill) {
  const std::string name = upload(1, "{\"a\":1}");
  folder_->overwrite(name, "changed");
  restart();
  EXPECT_THAT(files(), ElementsAre(std::pair(name, "changed")));
}

TEST_F(JournalCommitterTest, OneFlushServesAllThatHaveCome) {
  folder_->hold(Step::stage);
  submit(0, "0");
  ASSERT_TRUE(folder_->wait_until_held(Step::stage, 1));
  for (int i = 1; i < 50; ++i) submit(i, std::to_string(i));
  int flushes = 0;
  folder_->journal_disk().on_flush = [&] { ++flushes; };
  folder_->release(Step::stage);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(outcomes_.wait(i).kind, Kind::stored);
  folder_->journal_disk().on_flush = [] {};
  EXPECT_EQ(flushes, 2);
  EXPECT_THAT(files(), SizeIs(50));
}

TEST_F(JournalCommitterTest, ADocumentWithoutAFileCostsNoOther) {
  folder_->hold(Step::stage);
  submit(0, "0");
  ASSERT_TRUE(folder_->wait_until_held(Step::stage, 1));
  for (int i = 1; i < 4; ++i) submit(i, std::to_string(i));
  folder_->fail(Step::append, ENOSPC, 3);
  folder_->release(Step::stage);
  EXPECT_EQ(outcomes_.wait(2).code, ENOSPC);
  for (const int i : {0, 1, 3}) EXPECT_EQ(outcomes_.wait(i).kind, Kind::stored);
  restart_after_power_cut();
  EXPECT_THAT(files(), SizeIs(3));
}

TEST_F(JournalCommitterTest, ADocumentThatCannotBeNamedIsWithdrawn) {
  folder_->fail(Step::publish, EDQUOT);
  EXPECT_EQ(try_to_upload(1).code, EDQUOT);
  EXPECT_EQ(try_to_upload(2).kind, Kind::stored);
  restart_after_power_cut();
  EXPECT_THAT(files(), SizeIs(1)) << "its client was told that it is not stored";
}

TEST_F(JournalCommitterTest, AFullDiskClosesNothing) {
  end();
  folder_ = std::make_shared<TestFolder>();
  start();
  // Segments of 16 MiB: three of these fill one.
  const std::string document = "\"" + std::string(60'000, 'x') + "\"";
  for (int i = 0; i < 270; ++i) upload(i, document);
  folder_->journal_disk().fail_prepare = ENOSPC;
  int number = 1000;
  Verdict verdict;
  for (; number < 1020; ++number) {
    verdict = try_to_upload(number, document);
    if (verdict.kind != Kind::stored) break;
  }
  EXPECT_EQ(verdict.code, ENOSPC);
  EXPECT_TRUE(server_->store->state() == DocumentStore::State::open);
  EXPECT_EQ(try_to_upload(2000, document).kind, Kind::stored) << "there is space again";
}

TEST_F(JournalCommitterTest, AFailedFlushCloses) {
  const std::string before = upload(1, "1");
  folder_->journal_disk().fail_flush = EIO;
  EXPECT_EQ(try_to_upload(2).code, EIO);
  EXPECT_EQ(try_to_upload(3).kind, Kind::closed);
  EXPECT_EQ(server_->store->state(), DocumentStore::State::closed);
  EXPECT_THAT(files(), SizeIs(1));
  restart_after_power_cut();
  EXPECT_THAT(files(), ElementsAre(std::pair(before, "1")));
  upload(4, "4");
  restart_after_power_cut();
  EXPECT_THAT(files(), SizeIs(2)) << "the journal goes on behind what was durable";
}

TEST_F(JournalCommitterTest, AFailedCheckpointClosesAndItsDocumentsAreWrittenAgain) {
  const std::string first = upload(1, "1");
  const std::string second = upload(2, large_document());
  folder_->fail(Step::sync_everything, EIO);
  server_->store->tick();
  const Instant deadline = end_of_patience();
  while (server_->store->state() == DocumentStore::State::open && monotonic_now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(server_->store->state(), DocumentStore::State::closed);
  restart();  // the same boot: the page cache may show what the disk has lost
  EXPECT_EQ(files(), (TestFolder::Files{{first, "1"}, {second, large_document()}}));
  EXPECT_EQ(folder_->calls(Step::write_again), 1U);
  restart_after_power_cut();
  EXPECT_EQ(files(), (TestFolder::Files{{first, "1"}, {second, large_document()}}));
}

TEST_F(JournalCommitterTest, NothingIsWrittenBehindACheckpointWhoseFlushHasFailed) {
  upload(1, "1");
  // The flush of the checkpoint: a document comes and waits for the journal meanwhile.
  bool is_first = true;
  folder_->journal_disk().on_flush = [&] {
    if (!std::exchange(is_first, false)) return;
    submit(2, "2");
    std::this_thread::sleep_for(milliseconds(50));
    folder_->journal_disk().fail_flush = EIO;
  };
  server_->store->tick();
  EXPECT_EQ(outcomes_.wait(2).kind, Kind::closed);
  EXPECT_THAT(files(), SizeIs(1));
  folder_->journal_disk().on_flush = [] {};
  restart_after_power_cut();
  EXPECT_THAT(files(), SizeIs(1));
}

TEST_F(JournalCommitterTest, ACheckpointIsRecordedForWhatWasSyncedOnly) {
  upload(1, "1");
  folder_->hold(Step::sync_everything);
  server_->store->tick();
  ASSERT_TRUE(folder_->wait_until_held(Step::sync_everything, 1));
  const std::string during = upload(2, "2");
  folder_->release(Step::sync_everything);
  ASSERT_TRUE(folder_->wait_until_done(Step::sync_everything, 1));
  end();
  folder_->cut_power();
  start();
  EXPECT_THAT(files(), SizeIs(2));
  EXPECT_EQ(files()[during], "2");
}

TEST_F(JournalCommitterTest, AStoreWithoutAJournalTakesOver) {
  const std::string name = upload(1, "1");
  end();
  folder_->cut_power();
  start(Durability::files);
  EXPECT_THAT(files(), ElementsAre(std::pair(name, "1")));
  EXPECT_FALSE(folder_->has_journal());
  const std::string second = upload(2, "2");
  end();
  start();
  EXPECT_THAT(files(), SizeIs(2));
}

TEST_F(JournalCommitterTest, ADamagedJournalIsNotGoneOnWith) {
  upload(1, "1");
  upload(2, "2");
  end();
  for (auto& [number, segment] : folder_->journal_disk().segments) {
    const std::size_t at = segment->now.find("\"sequence\":1");
    if (at != std::string::npos) segment->now[at] = '?';
  }
  server_ = std::make_unique<Server>();
  const auto store =
      FolderStore::create(folder_, server_->executor, {log_.writer("Uploads"), log_.writer("Uploads")},
                          server_->registry, {.durability = Durability::journal});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, EBADMSG);
  EXPECT_THAT(log_.lines(LogLevel::error), Contains(HasSubstr("has lost the records 1 to 2")));
}

TEST_F(JournalCommitterTest, AJournalWithoutItsLastSegmentIsNotGoneOnWith) {
  upload(1, "1");
  end();
  folder_->journal_disk().segments.rbegin()->second->now[0] = '?';
  server_ = std::make_unique<Server>();
  const auto store =
      FolderStore::create(folder_, server_->executor, {log_.writer("Uploads"), log_.writer("Uploads")},
                          server_->registry, {.durability = Durability::journal});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, EBADMSG);
  EXPECT_THAT(log_.lines(LogLevel::error), Contains(HasSubstr("the beginning of the segment 1")));
}

/// A power cut in the middle of every flush, with each answer that had been given by then.
TEST_F(JournalCommitterTest, WhatWasAcknowledgedSurvivesAPowerCutDuringAnyFlush) {
  for (int cut = 1; cut <= 12; ++cut) {
    end();
    folder_ = std::make_shared<TestFolder>();
    start();
    TestFolder::Files acknowledged;
    for (int i = 0; i < cut; ++i) acknowledged[upload(100 * cut + i, std::to_string(i))] = std::to_string(i);
    if (cut % 3 == 0) wait_for_checkpoint();
    folder_->journal_disk().fail_flush = EIO;  // the flush has no effect, and then the power is cut
    EXPECT_EQ(try_to_upload(100 * cut + 99).kind, Kind::failed);
    restart_after_power_cut();
    ASSERT_EQ(files(), acknowledged) << cut;
  }
}

}  // namespace
}  // namespace bobbin::store

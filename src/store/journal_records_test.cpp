// A JournalCommitter whose files are records, and what it knows again.

#include <cerrno>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "journal/entry.h"
#include "store/document_name.h"
#include "store/test_journal_store.h"

namespace bobbin::store {
namespace {

using Kind = Verdict::Kind;
using Step = TestFolder::Step;
using observe::LogLevel;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

/// A store whose files are records.
class RecordsTest : public JournalStoreTest {
 protected:
  RecordsTest() {
    end();
    inbox_ = {.name = "github", .layout = Layout::record};
    piece_bytes_ = 1024UL * 1024;
    request_ = R"({"client":"192.0.2.7"})";
    start();
  }
  std::string record_of(const std::string& name) { return folder_->files()[name]; }
};

TEST_F(RecordsTest, AFileHoldsTheEntryOfTheJournal) {
  const std::string document = "{ \"a\" : 1 }";
  const std::string name = upload(1, document);
  EXPECT_THAT(name, MatchesRegex("new/[0-9]{8}T[0-9]{6}\\.[0-9]{6}Z-[a-z2-7]{26}\\.json"));
  EXPECT_EQ(name.size(), std::string_view("new/").size() + kRecordNameBytes);
  const std::string record = record_of(name);
  const std::string bytes = journal::kEntryBegin + record;
  const auto entry = journal::read_entry(bytes);
  ASSERT_TRUE(entry);
  const auto& known = std::get<journal::Record>(entry->entry.content);
  EXPECT_EQ(known.inbox, "github");
  EXPECT_EQ(known.sequence, 1U);
  EXPECT_EQ(entry->body, document);
  EXPECT_THAT(record, HasSubstr(R"(,"request":{"client":"192.0.2.7"},)"));
  const auto& segment = folder_->journal_disk().segments.begin()->second->now;
  EXPECT_NE(segment.find(journal::kEntryBegin + record), std::string::npos);
}

TEST_F(RecordsTest, ADocumentOfManyPiecesStaysInMemory) {
  const std::string name = upload(1, large_document());
  EXPECT_THAT(record_of(name), HasSubstr("\"body\":" + large_document() + ",\"check\""));
  EXPECT_THAT(files(), SizeIs(1));
}

TEST_F(RecordsTest, APowerCutLosesNothingAndChangesNothing) {
  TestFolder::Files acknowledged;
  for (int i = 0; i < 4; ++i) {
    const std::string name = upload(i, std::to_string(i));
    acknowledged[name] = record_of(name);
    if (i == 2) wait_for_checkpoint();
    restart_after_power_cut();
    ASSERT_EQ(files(), acknowledged);
  }
}

TEST_F(RecordsTest, NamesAreInTheOrderOfTheRecords) {
  std::string last;
  for (int i = 0; i < 20; ++i) {
    if (i % 5 == 4) restart();
    const std::string name = upload(i, "{}");
    EXPECT_LT(last, name);
    last = name;
  }
}

TEST_F(RecordsTest, ARecordWhoseFileCannotBeWrittenHasNeverBeen) {
  upload(0, "0");
  for (const Step step : {Step::stage, Step::append}) {
    folder_->fail(step, ENOSPC, folder_->calls(step) + 1);
    EXPECT_EQ(try_to_upload(1).code, ENOSPC);
  }
  EXPECT_EQ(server_->store->state(), DocumentStore::State::open);
  const std::string name = upload(2, "2");
  EXPECT_THAT(record_of(name), HasSubstr("\"sequence\":2,"));
  restart_after_power_cut();
  EXPECT_THAT(files(), SizeIs(2)) << "its client was told that it is not stored";
}

TEST_F(RecordsTest, ARecordWhoseFileCannotBeNamedIsWithdrawn) {
  upload(0, "0");
  folder_->fail(Step::publish, ENOSPC, folder_->calls(Step::publish) + 1);
  EXPECT_EQ(try_to_upload(1).code, ENOSPC);
  EXPECT_EQ(server_->store->state(), DocumentStore::State::open);
  const std::string name = upload(2, "2");
  EXPECT_THAT(record_of(name), HasSubstr("\"sequence\":3,"));
  restart_after_power_cut();
  EXPECT_THAT(files(), SizeIs(2)) << "its client was told that it is not stored";
}

using OtherContent = DocumentKey::OtherContent;

TEST_F(RecordsTest, ADocumentWhoseKeyIsKnownIsNotStoredAgain) {
  key_ = key_of("a");
  const std::string name = upload(1, "1");
  EXPECT_THAT(record_of(name), HasSubstr(",\"key\":\"" + crypto::hex_of(key_->digest) + "\","));
  const Verdict again = try_to_upload(2, "1");
  EXPECT_EQ(again.kind, Kind::stored);
  EXPECT_TRUE(again.is_repetition);
  EXPECT_EQ(again.sequence, 1U);
  key_ = key_of("b");
  EXPECT_EQ(try_to_upload(3, "1").sequence, 2U);
  key_.reset();
  EXPECT_EQ(try_to_upload(4, "1").sequence, 3U);
  EXPECT_THAT(files(), SizeIs(3));
  EXPECT_EQ(server_->registry.total("bobbin_documents_stored_total"), 3U);
  EXPECT_EQ(server_->registry.total("bobbin_documents_repeated_total"), 1U);
}

TEST_F(RecordsTest, AKnownKeyOutlivesKillsPowerCutsAndCheckpoints) {
  key_ = key_of("a");
  upload(1, "1");
  for (int i = 2; i < 14; ++i) {
    if (i % 4 == 0) wait_for_checkpoint();
    if (i % 4 == 1) stop_cleanly();
    if (i % 2 == 0)
      restart_after_power_cut();
    else
      restart();
    const Verdict again = try_to_upload(i, "1");
    ASSERT_TRUE(again.is_repetition) << i;
    ASSERT_EQ(again.sequence, 1U);
    ASSERT_THAT(files(), SizeIs(1));
  }
}

/// Keys outlive the segments in which their records are.
TEST_F(RecordsTest, AKnownKeyOutlivesItsJournal) {
  key_ = key_of("a");
  upload(1, "1");
  wait_for_checkpoint();
  end();
  folder_->journal_disk().segments.clear();
  start();
  EXPECT_TRUE(try_to_upload(2, "1").is_repetition);
}

TEST_F(RecordsTest, WhatItsClientWasToldNotToBeStoredHasLeftNoKey) {
  key_ = key_of("a");
  folder_->fail(Step::publish, EIO, folder_->calls(Step::publish) + 1);
  EXPECT_EQ(try_to_upload(1, "1").kind, Kind::failed);
  const Verdict second = try_to_upload(2, "1");
  EXPECT_EQ(second.kind, Kind::stored);
  EXPECT_FALSE(second.is_repetition);
  restart_after_power_cut();
  EXPECT_EQ(try_to_upload(3, "1").sequence, second.sequence);
  EXPECT_THAT(files(), SizeIs(1));
}

TEST_F(RecordsTest, WhatNobodyWasToldIsPublishedAndKeepsItsKey) {
  upload(0, "0");
  key_ = key_of("a");
  folder_->hold(Step::publish);
  submit(1, "1");
  ASSERT_TRUE(folder_->wait_until_held(Step::publish, 1));  // the record is durable
  folder_->journal_disk().fail_flush = EIO;
  folder_->fail(Step::publish, EIO, folder_->calls(Step::publish));
  folder_->release(Step::publish);
  EXPECT_EQ(outcomes_.wait(1).kind, Kind::failed);  // the withdrawal is not durable
  restart_after_power_cut();
  const Verdict again = try_to_upload(2, "1");
  EXPECT_TRUE(again.is_repetition);
  EXPECT_THAT(files(), SizeIs(2));
}

TEST_F(RecordsTest, AnotherContentIsRefusedStoredOrIgnored) {
  key_ = key_of("a");
  upload(1, "1");
  EXPECT_EQ(try_to_upload(2, "2").kind, Kind::conflict);
  key_ = key_of("a", OtherContent::ignored);
  EXPECT_TRUE(try_to_upload(3, "2").is_repetition);
  EXPECT_THAT(files(), SizeIs(1));
  key_ = key_of("a", OtherContent::stored);
  const std::string conflict = upload(4, "2");
  EXPECT_THAT(record_of(conflict), HasSubstr(",\"conflict\":true,"));
  EXPECT_EQ(try_to_upload(5, "1").sequence, 1U);  // the key is that of the first one
  restart_after_power_cut();
  EXPECT_EQ(try_to_upload(6, "1").sequence, 1U);
}

/// They wait in the queue together, while the first one is under way.
TEST_F(RecordsTest, RepetitionsAtTheSameTimeHaveTheOutcomeOfTheFirst) {
  folder_->hold(Step::stage);
  submit(0, "0");
  ASSERT_TRUE(folder_->wait_until_held(Step::stage, 1));
  key_ = key_of("a");
  for (int i = 1; i <= 3; ++i) submit(i, "1");
  submit(4, "other content");
  folder_->release(Step::stage);
  EXPECT_FALSE(outcomes_.wait(1).is_repetition);
  for (int i = 2; i <= 3; ++i) {
    const Verdict again = outcomes_.wait(i);
    EXPECT_TRUE(again.is_repetition);
    EXPECT_EQ(again.sequence, 2U);
  }
  EXPECT_EQ(outcomes_.wait(4).kind, Kind::conflict);
  EXPECT_THAT(files(), SizeIs(2));
}

/// Nor is one refused because of another one that is not stored in the end.
TEST_F(RecordsTest, NobodySharesTheFailureOfADocumentWithTheSameKey) {
  folder_->hold(Step::stage);
  submit(0, "0");
  ASSERT_TRUE(folder_->wait_until_held(Step::stage, 1));
  key_ = key_of("a");
  submit(1, "1");
  submit(2, "2");
  submit(3, "2");
  folder_->fail(Step::append, ENOSPC, folder_->calls(Step::append) + 2);
  folder_->release(Step::stage);
  EXPECT_EQ(outcomes_.wait(1).code, ENOSPC);
  EXPECT_EQ(outcomes_.wait(2).kind, Kind::stored);
  EXPECT_TRUE(outcomes_.wait(3).is_repetition);
}

/// Others do not wait for those that share a key.
TEST_F(RecordsTest, OnlyWhatSharesAKeyWaitsForTheNextBatch) {
  folder_->hold(Step::stage);
  submit(0, "0");
  ASSERT_TRUE(folder_->wait_until_held(Step::stage, 1));
  key_ = key_of("a", OtherContent::stored);
  for (int i = 1; i <= 3; ++i) submit(i, std::to_string(i));
  key_.reset();
  submit(4, "4");
  folder_->release(Step::stage);
  std::vector<std::uint64_t> sequences;
  for (int i = 0; i <= 4; ++i) sequences.push_back(outcomes_.wait(i).sequence);
  EXPECT_THAT(sequences, ElementsAre(1, 2, 4, 5, 3));
}

/// A segment that cannot be begun costs those that the old one has no room for.
TEST_F(RecordsTest, WhatHasRoomIsStoredBesideWhatHasNone) {
  piece_bytes_ = 8UL * 1024 * 1024;
  restart();
  const std::string large(3'000'000, '1');
  for (int i = 0; i < 5; ++i) upload(i, large);  // of 16 MiB
  folder_->hold(Step::stage);
  submit(5, "5");
  ASSERT_TRUE(folder_->wait_until_held(Step::stage, 1));
  submit(6, large);
  submit(7, "7");
  folder_->journal_disk().fail_prepare = ENOSPC;
  folder_->release(Step::stage);
  EXPECT_EQ(outcomes_.wait(5).kind, Kind::stored);
  EXPECT_EQ(outcomes_.wait(6).code, ENOSPC);
  EXPECT_EQ(outcomes_.wait(7).kind, Kind::stored);
}

/// The record stays in the journal until its key is on stable storage. Where that fails at the start, too,
/// the folder is opened once there is space.
TEST_F(RecordsTest, NoCheckpointIsMadeBeforeTheKeysAreWritten) {
  upload(0, "0");
  wait_for_checkpoint();
  folder_->fail(Step::append_keys, ENOSPC, 1, 3);
  key_ = key_of("a");
  upload(1, "1");
  server_->store->tick();
  ASSERT_TRUE(folder_->wait_until_called(Step::append_keys, 2));
  EXPECT_FALSE(server_->store->is_at_rest());
  restart_after_power_cut();
  EXPECT_EQ(server_->store->state(), DocumentStore::State::full);
  EXPECT_EQ(try_to_upload(2, "1").kind, Kind::closed);
  server_->store->try_to_take_over();
  wait_until_open();
  const Verdict again = try_to_upload(3, "1");
  EXPECT_TRUE(again.is_repetition);
  EXPECT_EQ(again.sequence, 2U);
  EXPECT_THAT(log_.lines(LogLevel::error), ElementsAre(HasSubstr("could not be written")));
}

TEST_F(RecordsTest, TheLargestBatchFitsIntoASegment) {
  request_ = "{\"x\":\"" + std::string(Particulars::kLargestRequestBytes - 8, 'x') + "\"}";
  folder_->hold(Step::stage);
  submit(0, "0");
  ASSERT_TRUE(folder_->wait_until_held(Step::stage, 1));
  for (int i = 1; i < 600; ++i) submit(i, std::to_string(i));
  folder_->release(Step::stage);
  for (int i = 0; i < 600; ++i) EXPECT_EQ(outcomes_.wait(i).kind, Kind::stored);
  EXPECT_THAT(files(), SizeIs(600));
}

}  // namespace
}  // namespace bobbin::store

#include "store/record_segment.h"

#include <cerrno>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "base/test_patience.h"
#include "journal/entry.h"
#include "store/document_name.h"
#include "store/test_journal_store.h"

namespace bobbin::store {
namespace {

using Step = TestFolder::Step;
using observe::LogLevel;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

/// A store whose files have the records of a segment each.
class RecordSegmentTest : public JournalStoreTest {
 protected:
  RecordSegmentTest() {
    end();
    inbox_ = {.name = "metrics", .layout = Layout::segments};
    piece_bytes_ = 1024UL * 1024;
    start();
  }

  /// Makes a file of what has come until now.
  void end_segment() {
    server_->store->set_segment_age(Duration::zero());
    wait_for_checkpoint();
    server_->store->set_segment_age(std::chrono::hours(1));
  }
  /// A look at what is to be done that finds nothing.
  void tick_in_vain() {
    server_->store->tick();
    server_->executor.shut_down([] {});
    server_->executor.join();
  }

  /// The documents of a file, which has nothing but records in it.
  [[nodiscard]] static std::vector<std::string> documents_in(std::string_view file) {
    std::vector<std::string> documents;
    while (!file.empty()) {
      const auto read = journal::read_entry(file);
      if (!read || !std::holds_alternative<journal::Record>(read->entry.content)) {
        ADD_FAILURE() << "no record: " << file.substr(0, 200);
        break;
      }
      documents.emplace_back(read->body);
      file.remove_prefix(read->size);
    }
    return documents;
  }
  [[nodiscard]] std::vector<std::string> documents() const {
    std::vector<std::string> all;
    for (const auto& [name, content] : files())
      for (std::string& document : documents_in(content)) all.push_back(std::move(document));
    return all;
  }
};

TEST_F(RecordSegmentTest, ADocumentIsAcknowledgedWithoutAFile) {
  const std::string name = upload(1, "1");
  EXPECT_THAT(name, MatchesRegex("new/[0-9]{8}T[0-9]{6}\\.[0-9]{6}Z-[a-z2-7]{26}\\.jseq"));
  EXPECT_EQ(name.size(), std::string_view("new/").size() + kRecordNameBytes);
  EXPECT_EQ(upload(2, "2"), name);
  tick_in_vain();
  EXPECT_THAT(files(), IsEmpty()) << "its segment is too young";
  EXPECT_EQ(folder_->calls(Step::stage), 0U);
}

TEST_F(RecordSegmentTest, AFileHasTheRecordsThatCameInATimeAndNothingElse) {
  const std::string first = upload(1, "1");
  upload(2, R"({ "a" : [2] })");
  end_segment();
  const std::string second = upload(3, "3");
  end_segment();
  ASSERT_THAT(files(), SizeIs(2));
  EXPECT_LT(first, second);
  EXPECT_THAT(documents_in(files()[first]), ElementsAre("1", R"({ "a" : [2] })"));
  EXPECT_THAT(documents_in(files()[second]), ElementsAre("3"));
  EXPECT_EQ(folder_->published_too_early(), 0U);
}

TEST_F(RecordSegmentTest, AFullSegmentBecomesAFileWhateverItsAge) {
  const std::string document = "\"" + std::string(900'000, 'x') + "\"";
  for (int i = 0; i < 20; ++i) upload(i, document);  // a segment has 16 MiB
  server_->store->tick();
  const Instant deadline = end_of_patience();
  while (files().empty() && monotonic_now() < deadline) std::this_thread::yield();
  ASSERT_THAT(files(), SizeIs(1));
  EXPECT_GE(documents().size(), 16U);
  end_segment();
  EXPECT_THAT(documents(), SizeIs(20));
}

TEST_F(RecordSegmentTest, AServerThatStopsLeavesNothingToBeRecovered) {
  upload(1, "1");
  upload(2, "2");
  stop_cleanly();
  EXPECT_THAT(documents(), ElementsAre("1", "2"));
  folder_->cut_power();
  start();
  EXPECT_THAT(documents(), ElementsAre("1", "2"));
  EXPECT_THAT(files(), SizeIs(1));
}

TEST_F(RecordSegmentTest, APowerCutAtAnyTimeLosesNothingAndDoublesNothing) {
  std::vector<std::string> acknowledged;
  for (int i = 0; i < 12; ++i) {
    acknowledged.push_back(std::to_string(100 + i));
    upload(i, acknowledged.back());
    if (i % 3 == 1) end_segment();
    if (i % 2 == 0)
      restart_after_power_cut();
    else if (i % 5 == 0)
      restart();
    if (i % 2 == 0) {
      ASSERT_EQ(documents(), acknowledged) << i;
    }
  }
  stop_cleanly();
  EXPECT_EQ(documents(), acknowledged);
}

/// The file is there, and the checkpoint is not: its consumer has taken it, and the server is killed.
TEST_F(RecordSegmentTest, AFileThatIsTakenBeforeItsCheckpointDoesNotComeBackAfterAKill) {
  const std::string name = upload(1, "1");
  folder_->hold(Step::sync_everything);
  server_->store->set_segment_age(Duration::zero());
  server_->store->tick();
  ASSERT_TRUE(folder_->wait_until_held(Step::sync_everything, 1));
  ASSERT_THAT(files(), SizeIs(1));
  auto& segments = folder_->journal_disk().segments;
  const auto kept = segments;
  std::vector<std::string> contents;
  for (const auto& [number, segment] : kept) contents.push_back(segment->now);
  folder_->release(Step::sync_everything);
  end();
  segments = kept;
  for (std::size_t i = 0; const auto& [number, segment] : kept) segment->now = contents[i++];
  folder_->take(name);
  start();
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(RecordSegmentTest, AFileForWhichThereIsNoSpaceIsMadeLater) {
  for (const Step step : {Step::stage, Step::append, Step::sync, Step::publish}) {
    const std::size_t calls = folder_->calls(step);
    folder_->fail(step, ENOSPC, calls + 1, 2);
    const std::string name = upload(static_cast<int>(step), "1");
    server_->store->set_segment_age(Duration::zero());
    const Instant deadline = end_of_patience();
    while (!server_->store->is_at_rest() && monotonic_now() < deadline) {
      server_->store->tick();
      std::this_thread::yield();
    }
    EXPECT_EQ(folder_->calls(step), calls + 3);
    EXPECT_EQ(server_->store->state(), DocumentStore::State::open);
    EXPECT_THAT(documents_in(files()[name]), ElementsAre("1"));
  }
  end();
  EXPECT_THAT(log_.lines(LogLevel::error), SizeIs(4)) << "once for each obstacle, not for each attempt";
}

}  // namespace
}  // namespace bobbin::store

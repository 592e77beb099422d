// Bundles: several documents of one request, of which all are stored or none.

#include <cerrno>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "journal/entry.h"
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

/// Without the name, which cannot be foreseen.
StoredBundle sum_of(const Verdict& verdict) {
  StoredBundle sum = verdict.bundle.value_or(StoredBundle{});
  EXPECT_EQ(sum.first_name.empty(), sum.documents == 0);
  sum.first_name.clear();
  return sum;
}

class BundleTest : public JournalStoreTest, public ::testing::WithParamInterface<Layout> {
 protected:
  BundleTest() {
    end();
    inbox_ = {.name = "metrics", .layout = GetParam()};
    piece_bytes_ = 8UL * 1024 * 1024;
    request_ = R"({"client":"192.0.2.7"})";
    start();
  }

  /// Makes the files, of which the names of all that has come until now are durable.
  void make_files() {
    server_->store->set_segment_age(Duration::zero());
    wait_for_checkpoint();
    server_->store->set_segment_age(std::chrono::hours(1));
  }
  struct Found {
    std::uint64_t sequence;
    std::string document;
    std::uint64_t first;  // of its bundle; 0: it has none
    friend bool operator==(const Found&, const Found&) = default;
  };
  /// What all files have, in their order.
  [[nodiscard]] std::vector<Found> found() const {
    std::vector<Found> all;
    for (const auto& [name, content] : files()) {
      // The file of one record has no separator in front.
      const std::string text =
          (GetParam() == Layout::record ? std::string(1, journal::kEntryBegin) : "") + content;
      for (std::string_view rest = text; !rest.empty();) {
        const auto read = journal::read_entry(rest);
        if (!read || !std::holds_alternative<journal::Record>(read->entry.content)) {
          ADD_FAILURE() << "no record: " << rest.substr(0, 200);
          return all;
        }
        const auto& record = std::get<journal::Record>(read->entry.content);
        all.push_back({record.sequence, std::string(read->body), record.bundle ? record.bundle->first : 0});
        rest.remove_prefix(read->size);
      }
    }
    return all;
  }
  [[nodiscard]] std::vector<std::string> documents() const {
    std::vector<std::string> all;
    for (const Found& each : found()) all.push_back(each.document);
    return all;
  }
  /// As if the power had been cut while the record of this sequence was being written.
  void tear_at(std::uint64_t sequence) {
    auto& segment = *folder_->journal_disk().segments.rbegin()->second;
    const std::string wanted = ",\"sequence\":" + std::to_string(sequence) + ",";
    const std::size_t begin = segment.flushed.rfind(journal::kEntryBegin, segment.flushed.find(wanted));
    ASSERT_NE(begin, std::string::npos);
    segment.flushed.replace(begin, std::string::npos, segment.flushed.size() - begin, '\0');
  }
};

TEST_P(BundleTest, HasARecordForEachDocument) {
  upload(1, "1");
  const Verdict verdict = upload_bundle(2, {{"{ \"a\": 2 }"}, {"3"}, {"\"four\""}});
  EXPECT_EQ(verdict.kind, Kind::stored);
  EXPECT_EQ(sum_of(verdict), (StoredBundle{.documents = 3, .first_sequence = 2}));
  upload(3, "5");
  make_files();
  EXPECT_THAT(found(), ElementsAre(Found{1, "1", 0}, Found{2, "{ \"a\": 2 }", 2}, Found{3, "3", 2},
                                   Found{4, "\"four\"", 2}, Found{5, "5", 0}));
  EXPECT_EQ(server_->registry.total("bobbin_documents_stored_total"), 5U);
}

TEST_P(BundleTest, OfOneDocumentIsLikeThatDocument) {
  EXPECT_EQ(sum_of(upload_bundle(1, {{"1"}})), (StoredBundle{.documents = 1, .first_sequence = 1}));
  make_files();
  EXPECT_THAT(found(), ElementsAre(Found{1, "1", 0}));
}

TEST_P(BundleTest, APowerCutAfterTheAnswerLosesNothing) {
  upload(1, "1");
  upload_bundle(2, {{"2"}, {"3"}});
  restart_after_power_cut();
  make_files();
  EXPECT_THAT(documents(), ElementsAre("1", "2", "3"));
}

TEST_P(BundleTest, APowerCutInItsMiddleLeavesNothingOfIt) {
  for (const std::uint64_t sequence : {3, 4, 5}) {
    folder_ = std::make_shared<TestFolder>();
    restart();
    upload(1, "1");
    upload_bundle(2, {{"2", key_of("a")}, {"3"}, {"4"}, {"5"}});
    end();
    folder_->cut_power();
    tear_at(sequence);
    folder_->cut_power();
    start();
    make_files();
    EXPECT_THAT(documents(), ElementsAre("1")) << sequence;
    EXPECT_THAT(log_.lines(LogLevel::info), Contains(HasSubstr("are left out"))) << sequence;
    EXPECT_EQ(sum_of(upload_bundle(3, {{"2", key_of("a")}, {"6"}})),
              (StoredBundle{.documents = 2, .first_sequence = sequence}))
        << "neither its records nor its keys count";
    restart_after_power_cut();
    make_files();
    EXPECT_THAT(documents(), ElementsAre("1", "2", "6")) << sequence;
    end();
  }
  start();
}

TEST_P(BundleTest, ARepetitionOfADocumentHasNoRecord) {
  key_ = key_of("a");
  upload(1, "1");
  const Verdict verdict =
      upload_bundle(2, {{"2"}, {"1", key_of("a")}, {"3", key_of("b")}, {"3", key_of("b")}});
  EXPECT_EQ(sum_of(verdict), (StoredBundle{.documents = 2, .repetitions = 2, .first_sequence = 2}));
  EXPECT_EQ(sum_of(upload_bundle(3, {{"1", key_of("a")}, {"3", key_of("b")}})),
            (StoredBundle{.repetitions = 2}));
  make_files();
  EXPECT_THAT(documents(), ElementsAre("1", "2", "3"));
  restart_after_power_cut();
  EXPECT_EQ(sum_of(upload_bundle(4, {{"3", key_of("b")}})), (StoredBundle{.repetitions = 1}));
}

TEST_P(BundleTest, WithADocumentThatIsRefusedNoneIsStored) {
  key_ = key_of("a");
  upload(1, "1");
  Verdict verdict = upload_bundle(2, {{"2", key_of("b")}, {"1", key_of("a")}, {"other", key_of("a")}});
  EXPECT_EQ(verdict.kind, Kind::conflict);
  verdict = upload_bundle(3, {{"3", key_of("c")}, {"4", key_of("c")}});
  EXPECT_EQ(verdict.kind, Kind::conflict) << "of two documents of one bundle, too";
  EXPECT_EQ(sum_of(upload_bundle(4, {{"5", key_of("b")}, {"6", key_of("c")}})),
            (StoredBundle{.documents = 2, .first_sequence = 2}))
      << "their keys are not taken";
  make_files();
  EXPECT_THAT(documents(), ElementsAre("1", "5", "6"));
}

TEST_P(BundleTest, TheJournalHasRoomForTheLargest) {
  constexpr std::size_t kDocuments = 4000;
  const std::string document(
      Particulars::kLargestBundleBytes / kDocuments - Particulars::kRecordBytes - request_.size() - 1, '1');
  const std::vector<KeyedDocument> largest(kDocuments, {document});
  for (int i = 0; i < 3; ++i) {
    const Verdict verdict = upload_bundle(i, largest);
    EXPECT_EQ(verdict.kind, Kind::stored) << verdict.code;
    ASSERT_TRUE(verdict.bundle);
    EXPECT_EQ(verdict.bundle->documents, kDocuments);
  }
  make_files();
  EXPECT_THAT(documents(), SizeIs(3 * kDocuments));
}

INSTANTIATE_TEST_SUITE_P(Layouts, BundleTest, ::testing::Values(Layout::record, Layout::segments),
                         [](const auto& layout) {
                           return layout.param == Layout::record ? "Record" : "Segments";
                         });

/// What can only fail where each record has a file.
using BundleFilesTest = BundleTest;

TEST_P(BundleFilesTest, WithAFileThatCannotBeWrittenOrNamedNoneIsThere) {
  upload(1, "1");
  for (const Step step : {Step::stage, Step::append, Step::publish}) {
    for (std::size_t which = 1; which <= 3; ++which) {
      folder_->fail(step, ENOSPC, folder_->calls(step) + which);
      const Verdict verdict = upload_bundle(2, {{"2", key_of("a")}, {"3"}, {"4"}});
      EXPECT_EQ(verdict.kind, Kind::failed);
      EXPECT_EQ(verdict.code, ENOSPC);
      EXPECT_THAT(documents(), ElementsAre("1"));
      EXPECT_EQ(server_->store->state(), DocumentStore::State::open);
      restart_after_power_cut();
      EXPECT_THAT(documents(), ElementsAre("1")) << "its client was told that it is not stored";
    }
  }
  EXPECT_THAT(log_.lines(LogLevel::warning), SizeIs(9)) << "each bundle is told of once";
  EXPECT_EQ(upload_bundle(3, {{"2", key_of("a")}}).bundle->documents, 1U);
}

/// A bundle that repeats a document of the same batch would otherwise fail with it, when its own are stored.
TEST_P(BundleFilesTest, IsStoredWhateverBecomesOfAnotherDocument) {
  folder_->hold(Step::stage);
  submit(0, "0");
  ASSERT_TRUE(folder_->wait_until_held(Step::stage, 1));
  key_ = key_of("a");
  submit(1, "1");
  submit_bundle(2, {{"2"}, {"1", key_of("a")}});
  submit_bundle(3, {{"3"}, {"1", key_of("a")}});
  folder_->fail(Step::append, ENOSPC, folder_->calls(Step::append) + 2);
  folder_->release(Step::stage);
  EXPECT_EQ(outcomes_.wait(1).code, ENOSPC);
  EXPECT_EQ(sum_of(outcomes_.wait(2)), (StoredBundle{.documents = 2, .first_sequence = 2}));
  EXPECT_EQ(sum_of(outcomes_.wait(3)), (StoredBundle{.documents = 1, .repetitions = 1, .first_sequence = 4}));
  EXPECT_THAT(documents(), ElementsAre("0", "2", "1", "3"));
}

TEST_P(BundleFilesTest, NobodyIsRefusedBecauseOfABundleThatIsNotStored) {
  folder_->hold(Step::stage);
  submit(0, "0");
  ASSERT_TRUE(folder_->wait_until_held(Step::stage, 1));
  submit_bundle(1, {{"1", key_of("a")}, {"2"}});
  key_ = key_of("a");
  submit(2, "other content");
  folder_->fail(Step::append, ENOSPC, folder_->calls(Step::append) + 3);
  folder_->release(Step::stage);
  EXPECT_EQ(outcomes_.wait(1).code, ENOSPC);
  EXPECT_EQ(outcomes_.wait(2).kind, Kind::stored);
  EXPECT_THAT(documents(), ElementsAre("0", "other content"));
}

TEST_P(BundleFilesTest, HasFewFilesOpenHoweverManyItHas) {
  const std::vector<KeyedDocument> many(1000, {"1"});
  EXPECT_EQ(sum_of(upload_bundle(1, many)), (StoredBundle{.documents = 1000, .first_sequence = 1}));
  EXPECT_THAT(documents(), SizeIs(1000));
  EXPECT_LE(folder_->most_staged_files(), 257U);
  // What is written behind the flush can fail there, too.
  for (const Step step : {Step::stage, Step::append, Step::publish}) {
    folder_->fail(step, ENOSPC, folder_->calls(step) + 900);
    EXPECT_EQ(upload_bundle(2, many).code, ENOSPC);
    EXPECT_THAT(documents(), SizeIs(1000));
  }
  restart_after_power_cut();
  EXPECT_THAT(documents(), SizeIs(1000)) << "its client was told that it is not stored";
}

TEST_P(BundleFilesTest, ANameThatCannotBeTakenBackIsTold) {
  folder_->fail(Step::publish, ENOSPC, 2);
  folder_->fail(Step::remove, EIO, folder_->calls(Step::remove) + 1);
  EXPECT_EQ(upload_bundle(1, {{"1"}, {"2"}}).code, ENOSPC);
  EXPECT_THAT(log_.lines(LogLevel::error), ElementsAre(HasSubstr("could not be removed")));
}

INSTANTIATE_TEST_SUITE_P(Layouts, BundleFilesTest, ::testing::Values(Layout::record),
                         [](const auto&) { return "Record"; });

}  // namespace
}  // namespace bobbin::store

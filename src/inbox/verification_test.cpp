#include "inbox/verification.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "inbox/report.h"
#include "inbox/test_journal.h"

namespace bobbin::inbox {
namespace {

using journal::Damage;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using State = DocumentState;

/// What is found in the journal, once its segments have been written.
Verification verified(const TestJournal& journal) {
  const auto folder = UploadFolder::open(journal.place().path());
  EXPECT_TRUE(folder) << folder.error();
  const auto result = verify(*folder);
  EXPECT_TRUE(result) << result.error();
  return result ? *result : Verification();
}

std::vector<std::string> ids_of(const Verification& result) {
  std::vector<std::string> ids;
  ids.reserve(result.findings.size());
  for (const Finding& finding : result.findings) ids.push_back(finding.id);
  return ids;
}

std::vector<State> states_of(const Verification& result) {
  std::vector<State> states;
  states.reserve(result.records.size());
  for (const VerifiedRecord& record : result.records) states.push_back(record.state);
  return states;
}

/// Three segments with a record each, and a note that the last one has its name.
TestJournal& three_segments(TestJournal& journal) {
  for (int i = 0; i < 3; ++i) {
    journal.begin_segment();
    journal.add_record();
    journal.flush();
  }
  journal.publish();
  return journal;
}

TEST(VerificationTest, FindsNothingWrongInAWholeJournal) {
  TestJournal journal;
  three_segments(journal).write();
  const Verification result = verified(journal);
  EXPECT_THAT(ids_of(result), IsEmpty());
  EXPECT_EQ(result.epoch, "e");
  EXPECT_EQ(result.entries, 7U);
  EXPECT_EQ(result.behind_checkpoint, 3U);
  EXPECT_TRUE(result.chain_holds);
  EXPECT_EQ(result.segments.size(), 3U);
  EXPECT_THAT(states_of(result), ElementsAre(State::as_stored, State::as_stored, State::as_stored));
}

TEST(VerificationTest, TellsHowEachDocumentIs) {
  TestJournal journal;
  journal.begin_segment();
  const std::string taken = journal.add_record();
  const std::string altered = journal.add_record();
  journal.add_record(false);
  journal.add(journal::Withdrawal{3});
  journal.publish();
  journal.add_record(false);
  const std::string large = journal.add_record(false, false);
  journal.add_record(false, false);
  journal.place().write(".bobbin/large/" + large, TestJournal::document(5));
  journal.write();
  std::filesystem::remove(journal.place().path(taken));
  journal.place().write(altered, "{}");
  journal.place().write(TestJournal::name_of(20), "{}");  // older than the journal
  journal.place().write("another.json", "{}");
  const Verification result = verified(journal);
  EXPECT_THAT(states_of(result), ElementsAre(State::missing, State::different, State::withdrawn,
                                             State::not_named_yet, State::not_named_yet, State::lost));
  EXPECT_THAT(ids_of(result), ElementsAre("different", "lost"));
  EXPECT_THAT(result.findings[0].places, ElementsAre(altered + " (record 2)"));
  EXPECT_EQ(result.without_record, 1U);
}

TEST(VerificationTest, OfACheckpointedDocumentTellsThatItWasThere) {
  TestJournal journal;
  journal.begin_segment();
  journal.add_record(false);
  journal.checkpoint();
  journal.write();
  EXPECT_THAT(states_of(verified(journal)), ElementsAre(State::missing));
}

/// A record is altered, and a later entry says that it had been flushed.
TEST(VerificationTest, FindsWhatTheDiskHasLost) {
  TestJournal journal;
  three_segments(journal);
  std::string& text = journal.segment(2);
  text[text.find("\"name\"") + 10] ^= 0x20;
  journal.write();
  const Verification result = verified(journal);
  EXPECT_EQ(result.damage, (std::vector<Damage>{{2, 2}}));
  EXPECT_FALSE(result.chain_holds);
  EXPECT_THAT(ids_of(result), ElementsAre("damage", "gap"));
}

TEST(VerificationTest, DoesNotTakeATornEndForDamage) {
  TestJournal journal;
  three_segments(journal);
  journal.add_record(false);
  std::string& text = journal.segment(3);
  text.resize(text.size() - 40);
  journal.write();
  const Verification result = verified(journal);
  EXPECT_THAT(ids_of(result), IsEmpty());
  EXPECT_EQ(result.records.size(), 3U);
}

TEST(VerificationTest, FindsASegmentThatIsMissing) {
  TestJournal journal;
  three_segments(journal).write();
  std::filesystem::remove(journal.place().path(TestJournal::segment_path(2)));
  EXPECT_THAT(ids_of(verified(journal)), ElementsAre("damage", "gap"));
  // No document depends on it any more; but the chain does.
  journal.checkpoint();
  journal.write();
  std::filesystem::remove(journal.place().path(TestJournal::segment_path(2)));
  const Verification result = verified(journal);
  EXPECT_THAT(ids_of(result), ElementsAre("old-damage", "gap"));
  EXPECT_EQ(result.damage_before_checkpoint, (std::vector<Damage>{{2, 2}}));
}

TEST(VerificationTest, DoesNotMissTheFirstSegmentsThatWereTakenOut) {
  TestJournal journal;
  three_segments(journal).write();
  std::filesystem::remove(journal.place().path(TestJournal::segment_path(1)));
  const Verification result = verified(journal);
  EXPECT_THAT(ids_of(result), IsEmpty());
  EXPECT_EQ(result.records.front().sequence, 2U);
  EXPECT_EQ(result.without_record, 1U);
}

/// The server would not see the last one: nothing behind says that there was more.
TEST(VerificationTest, FindsSegmentsThatAreExchanged) {
  for (const auto& [one, other] : {std::pair(1, 2), std::pair(2, 3)}) {
    TestJournal journal;
    three_segments(journal);
    std::swap(journal.segment(static_cast<std::uint64_t>(one)),
              journal.segment(static_cast<std::uint64_t>(other)));
    journal.write();
    const auto ids = ids_of(verified(journal));
    EXPECT_EQ(std::ranges::count(ids, "misnamed-segment"), 2) << one;
  }
}

TEST(VerificationTest, FindsASegmentWithoutItsHead) {
  TestJournal journal;
  three_segments(journal);
  journal.segment(3)[30] ^= 1;
  journal.write();
  const Verification result = verified(journal);
  EXPECT_THAT(ids_of(result), ElementsAre("headless-segment"));
  EXPECT_THAT(result.findings[0].text, HasSubstr("holds 1 intact record"));
}

TEST(VerificationTest, FindsASegmentOfAnotherJournal) {
  TestJournal journal;
  three_segments(journal);
  journal.epoch = "f";
  journal.begin_segment();
  journal.write();
  EXPECT_THAT(ids_of(verified(journal)), ElementsAre("foreign-segment"));
}

TEST(VerificationTest, FindsASegmentThatWasCutOffBetweenTwoEntries) {
  TestJournal journal;
  three_segments(journal).write();
  journal.place().write(TestJournal::segment_path(3), journal.segment(3));
  EXPECT_THAT(ids_of(verified(journal)), ElementsAre("cut-segment"));
  journal.place().write(TestJournal::segment_path(3), "");
  EXPECT_THAT(ids_of(verified(journal)), ElementsAre("headless-segment", "cut-segment"));
}

/// It was taken out and used for the next segment, whose name a power cut has taken back.
TEST(VerificationTest, LeavesOutAnOldFileThatHasItsNameAgain) {
  TestJournal journal;
  three_segments(journal);
  journal.checkpoint();
  const std::string old = journal.segment(1);
  journal.begin_segment();
  std::string reused = journal.segment(4);
  if (reused.size() < old.size()) reused += old.substr(reused.size());
  journal.segment(1) = reused;
  journal.write();
  std::filesystem::remove(journal.place().path(TestJournal::segment_path(4)));
  const Verification result = verified(journal);
  EXPECT_THAT(ids_of(result), IsEmpty());
  EXPECT_EQ(result.notes.size(), 1U);
}

TEST(VerificationTest, CountsWhatWasGivenUpWhenAFlushFailed) {
  TestJournal journal;
  journal.begin_segment();
  journal.add_record();
  journal.flush();
  journal.add_record(false);
  journal.add_record(false);
  journal.go_back(2, 1);
  journal.begin_segment();
  journal.add_record();
  journal.publish();
  journal.write();
  const Verification result = verified(journal);
  EXPECT_THAT(ids_of(result), IsEmpty());
  EXPECT_EQ(result.given_up, 2U);
  EXPECT_EQ(result.records.size(), 2U);
  EXPECT_TRUE(result.chain_holds);
}

TEST(VerificationTest, SaysThatASyncHasFailed) {
  TestJournal journal;
  three_segments(journal);
  journal.add(journal::Doubt{0});
  journal.write();
  const Verification result = verified(journal);
  EXPECT_TRUE(result.is_in_doubt);
  EXPECT_THAT(ids_of(result), ElementsAre("doubt"));
}

TEST(VerificationTest, NeverWaitsAndNeverLeavesTheFolder) {
  TestJournal journal;
  journal.begin_segment();
  const std::string fifo = journal.add_record(false);
  const std::string link = journal.add_record(false);
  const std::string folder = journal.add_record(false);
  journal.add(journal::Record{.sequence = 4, .name = "../outside", .digest = crypto::sha256("")});
  journal.publish();
  journal.write();
  journal.place().make_fifo(fifo);
  journal.place().make_link(link, "/etc/hostname");
  journal.place().make_folder(folder);
  journal.place().make_fifo(TestJournal::segment_path(2));
  journal.place().make_link(TestJournal::segment_path(3), "0000000001.segment");
  const Verification result = verified(journal);
  EXPECT_THAT(states_of(result),
              ElementsAre(State::unreadable, State::unreadable, State::unreadable, State::unreadable));
  EXPECT_THAT(ids_of(result), ElementsAre("unreadable-segment", "unreadable-segment", "unreadable"));
}

TEST(VerificationTest, SaysThatThereIsNoJournal) {
  const os::TestDirectory place;
  EXPECT_THAT(UploadFolder::open(place.path()).error(), HasSubstr("there is no journal"));
  EXPECT_THAT(UploadFolder::open(place.path("nowhere")).error(), HasSubstr("an existing upload folder"));
  place.make_folder("elsewhere/journal");
  place.make_link(".bobbin", "elsewhere");
  EXPECT_THAT(UploadFolder::open(place.path()).error(), HasSubstr("no symbolic link is followed"));
}

TEST(VerificationTest, SaysThatTheJournalIsEmpty) {
  const TestJournal journal;
  EXPECT_THAT(ids_of(verified(journal)), ElementsAre("no-segment"));
}

TEST(VerificationReportTest, ShowsSomeOfManyPlaces) {
  Verification result{.path = "up", .epoch = "e\x1b[2J"};
  Finding finding{.id = "different", .text = "Files.", .remedy = "Look."};
  for (int i = 0; i < 25; ++i) finding.places.push_back("file" + std::to_string(i));
  result.findings.push_back(finding);
  const std::string text = as_text(result);
  EXPECT_THAT(text, HasSubstr("result     1 thing is wrong\n\n! Files.\n  Remedy: Look.\n    file0\n"));
  EXPECT_THAT(text, HasSubstr("and 5 more; --json shows them"));
  EXPECT_EQ(text.find("file20"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "nothing steers a terminal";
  EXPECT_THAT(as_json(result), HasSubstr("\"file24\""));
}

}  // namespace
}  // namespace bobbin::inbox

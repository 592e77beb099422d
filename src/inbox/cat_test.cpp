#include "inbox/cat.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "inbox/test_journal.h"

namespace bobbin::inbox {
namespace {

using testing::HasSubstr;
using What = CatOptions::What;

struct Printed {
  std::string text;
  std::string message;
};

Printed printed(const TestJournal& journal, const CatOptions& options = {}) {
  const auto folder = UploadFolder::open(journal.place().path());
  EXPECT_TRUE(folder) << folder.error();
  Printed printed;
  const auto result = cat(*folder, options, [&](std::string_view piece) {
    printed.text += piece;
    return true;
  });
  if (!result) printed.message = result.error();
  return printed;
}

std::string sequence_text(std::initializer_list<std::uint64_t> documents) {
  std::string text;
  for (const std::uint64_t each : documents) text += '\x1E' + TestJournal::document(each) + '\n';
  return text;
}

TEST(CatTest, PrintsTheBytesOfTheJournal) {
  TestJournal journal;
  journal.begin_segment();
  journal.add_record();
  journal.checkpoint();
  journal.begin_segment();
  journal.add_record();
  journal.write();
  const Printed all = printed(journal);
  EXPECT_EQ(all.text, journal.segment(1) + journal.segment(2));
  EXPECT_EQ(all.message, "");
}

TEST(CatTest, BeginsWithTheRecordThatIsAskedFor) {
  TestJournal journal;
  journal.begin_segment();
  for (int i = 0; i < 3; ++i) journal.add_record();
  journal.write();
  const std::string text = printed(journal, {.from = 2}).text;
  EXPECT_TRUE(journal.segment(1).ends_with(text));
  EXPECT_THAT(text.substr(0, 200), HasSubstr("\"sequence\":2,"));
  EXPECT_EQ(printed(journal, {.from = 4}).text, "");
}

/// Each `previous` is the SHA-256 of what is printed before it.
TEST(CatTest, PrintsReceiptsThatAreTheirOwnProof) {
  TestJournal journal;
  journal.begin_segment();
  journal.add_record();
  journal.checkpoint();
  journal.write();
  std::string text = printed(journal, {.what = What::receipts}).text;
  std::vector<std::string> receipts;
  while (!text.empty()) {
    ASSERT_EQ(text[0], '\x1E');
    const std::size_t end = text.find('\n');
    receipts.push_back(text.substr(1, end - 1));
    text.erase(0, end + 1);
  }
  ASSERT_EQ(receipts.size(), 3U);
  for (std::size_t i = 1; i < receipts.size(); ++i)
    EXPECT_THAT(receipts[i],
                HasSubstr("\"previous\":\"" + crypto::hex_of(crypto::sha256(receipts[i - 1])) + "\""));
}

TEST(CatTest, PrintsTheDocumentsThatWereStored) {
  TestJournal journal;
  journal.begin_segment();
  journal.add_record();
  journal.add_record(false);
  journal.add(journal::Withdrawal{2});
  const std::string large = journal.add_record(true, false);
  journal.add_record();
  journal.write();
  EXPECT_EQ(printed(journal, {.what = What::bodies}).text, sequence_text({1, 3, 4}));
  journal.place().write(large, "altered");
  const Printed rest = printed(journal, {.what = What::bodies});
  EXPECT_EQ(rest.text, sequence_text({1, 4}));
  EXPECT_THAT(rest.message, HasSubstr("1 large document was not printed"));
}

TEST(CatTest, LeavesOutWhatWasGivenUp) {
  TestJournal journal;
  journal.begin_segment();
  journal.add_record();
  journal.flush();
  const std::string kept = journal.segment(1);
  journal.add_record(false);
  journal.go_back(1, 1);
  journal.begin_segment();
  journal.write();
  EXPECT_EQ(printed(journal).text, kept + journal.segment(2));
}

TEST(CatTest, PrintsWhatADamagedJournalStillHas) {
  TestJournal journal;
  for (int i = 0; i < 2; ++i) {
    journal.begin_segment();
    journal.add_record();
    journal.flush();
  }
  std::string& text = journal.segment(1);
  text[text.find("\"name\"") + 10] ^= 0x20;
  journal.write();
  const Printed rest = printed(journal, {.what = What::bodies});
  EXPECT_EQ(rest.text, sequence_text({2}));
  EXPECT_THAT(rest.message, HasSubstr("is not whole"));
}

TEST(CatTest, EndsWhenNobodyReads) {
  TestJournal journal;
  journal.begin_segment();
  journal.add_record();
  journal.write();
  const auto folder = UploadFolder::open(journal.place().path());
  ASSERT_TRUE(folder);
  int pieces = 0;
  EXPECT_TRUE(cat(*folder, {}, [&](std::string_view) { return ++pieces < 1; }));
  EXPECT_EQ(pieces, 1);
}

}  // namespace
}  // namespace bobbin::inbox

#include "inbox/record_file.h"

#include <cstddef>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "inbox/test_inbox_folders.h"
#include "os/directory.h"

namespace bobbin::inbox {
namespace {

using testing::HasSubstr;

std::string problem_of(const std::string& text) {
  const auto record = record_file_in(text);
  return record ? "" : record.error();
}

TEST(RecordFile, IsReadWhole) {
  const auto record = record_file_in(TestInboxFolders::record(7));
  ASSERT_TRUE(record) << record.error();
  EXPECT_EQ(record->first.sequence, 7U);
  EXPECT_EQ(record->document_bytes, TestInboxFolders::document(7).size());
  EXPECT_EQ(record->first.digest, crypto::sha256(TestInboxFolders::document(7)));
}

TEST(RecordFile, ThatWasCutAnywhereIsNotWhole) {
  const std::string text = TestInboxFolders::record(7);
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_NE(problem_of(text.substr(0, size)), "") << size;
}

TEST(RecordFile, OfWhichAnyByteIsZeroIsNotWhole) {
  const std::string text = TestInboxFolders::record(7);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string altered = text;
    altered[i] = '\0';
    EXPECT_NE(problem_of(altered), "") << i;
  }
}

TEST(RecordFile, SaysWhatIsNotWhole) {
  EXPECT_EQ(problem_of(""), "it is empty");
  EXPECT_EQ(problem_of(std::string(4096, '\0')), "it holds zeros only");
  EXPECT_THAT(problem_of("{\"n\": 1}\n"), HasSubstr("it is no record"));
  EXPECT_EQ(problem_of(TestInboxFolders::record(1) + "\n"), "there is more in it than the record");
  EXPECT_EQ(problem_of(TestInboxFolders::record(1) + std::string(100, '\0')),
            "there is more in it than the record");
  std::string checkpoint;
  journal::append_entry(checkpoint, {.epoch = "epoch", .content = journal::Checkpoint{7}});
  EXPECT_THAT(problem_of(checkpoint.substr(1)), HasSubstr("it is no record"));
}

TEST(RecordFile, HasAllOfItsRecords) {
  const os::TestDirectory place;
  const auto records_of = [&](const std::string& text) {
    place.write("file", text);
    return FiledRecords::read(*os::open_regular_file_at(*os::open_directory(place.path()), "file"));
  };
  auto one = records_of(TestInboxFolders::record(7));
  ASSERT_TRUE(one) << one.error();
  ASSERT_EQ(one->entries().size(), 1U);
  EXPECT_EQ(one->entries()[0].body, TestInboxFolders::document(7));

  const std::string sequence = "\x1E" + TestInboxFolders::record(7) + "\x1E" + TestInboxFolders::record(9);
  auto several = records_of(sequence);
  ASSERT_TRUE(several) << several.error();
  const FiledRecords moved = *std::move(several);
  ASSERT_EQ(moved.entries().size(), 2U);
  EXPECT_EQ(moved.entries()[0].body, TestInboxFolders::document(7));
  EXPECT_EQ(moved.entries()[1].body, TestInboxFolders::document(9));
  EXPECT_EQ(std::get<journal::Record>(moved.entries()[1].entry.content).sequence, 9U);

  for (const std::string& text :
       {std::string(), sequence.substr(0, sequence.size() - 1), TestInboxFolders::record(1) + "\n"}) {
    const auto records = records_of(text);
    ASSERT_FALSE(records) << text;
    EXPECT_EQ(records.error(), problem_of(text));
  }
}

}  // namespace
}  // namespace bobbin::inbox

#include "inbox/record_list.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "inbox/test_inbox_folders.h"

namespace bobbin::inbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RecordListTest : public testing::Test {
 protected:
  std::string listed(RecordFolder folder, ListForm form = ListForm::text) {
    std::string text;
    const auto write = [&](std::string_view line) {
      text += line;
      return true;
    };
    const auto result = list_records(inbox_.open(), folder, form, write,
                                     [this](const std::string& message) { reports_.push_back(message); });
    EXPECT_TRUE(result) << result.error();
    return text;
  }
  TestInboxFolders inbox_;
  std::vector<std::string> reports_;
};

TEST_F(RecordListTest, HasALineForEachRecordTheOldestFirst) {
  const std::string tenth = inbox_.add(10);
  const std::string second = inbox_.add(2);
  inbox_.place().write("new/notes", "");
  // 1,800,000,000 seconds after the epoch.
  EXPECT_EQ(listed(RecordFolder::unclaimed), "       2  2027-01-15T08:00:00.000000Z         8  " + second +
                                                 "\n" + "      10  2027-01-15T08:00:00.000000Z         9  " +
                                                 tenth + "\n");
  EXPECT_EQ(listed(RecordFolder::done), "");
  EXPECT_THAT(reports_, ElementsAre());
}

TEST_F(RecordListTest, SaysInJsonWhoHasClaimedWhat) {
  const std::string claim = inbox_.add(2, "work", "me.");
  EXPECT_EQ(
      listed(RecordFolder::claimed, ListForm::json),
      fmt::format(R"({{"folder":"work","file":"{}","consumer":"me","whole":true,"sequence":2,"id":"{:a>26}",)"
                  R"("received":"2027-01-15T08:00:00.000000Z","size":8,"sha256":"{}"}})"
                  "\n",
                  claim, "", crypto::hex_of(crypto::sha256(TestInboxFolders::document(2)))));
}

TEST_F(RecordListTest, ShowsWhatIsNotWhole) {
  const std::string name = TestInboxFolders::name_of(1);
  inbox_.place().write("failed/" + name, "{}");
  EXPECT_EQ(listed(RecordFolder::failed), "       -  -                                   -  " + name + "\n");
  EXPECT_EQ(listed(RecordFolder::failed, ListForm::json),
            R"({"folder":"failed","file":")" + name + "\",\"whole\":false}\n");
  EXPECT_THAT(reports_, ElementsAre(HasSubstr("failed/" + name + " is not whole"), HasSubstr("not whole")));
}

}  // namespace
}  // namespace bobbin::inbox

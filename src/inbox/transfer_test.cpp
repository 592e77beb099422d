#include "inbox/transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "inbox/test_inbox_folders.h"

namespace bobbin::inbox {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TransferTest : public testing::Test {
 protected:
  std::string end(const std::string& file, RecordFolder to = RecordFolder::done) {
    const auto ended = end_claim(folders_, file, to);
    return ended ? "" : ended.error();
  }
  std::string replayed(const std::string& file) {
    const auto name = replay(folders_, file);
    return name ? *name : name.error();
  }
  TestInboxFolders inbox_;
  RecordFolders folders_ = inbox_.open();
};

TEST_F(TransferTest, EndsAClaimByItsPathItsPlaceOrItsName) {
  const std::string names[] = {inbox_.add(1, "work", "me."), inbox_.add(2, "work", "me."),
                               inbox_.add(3, "work", "host.example.")};
  EXPECT_EQ(end(inbox_.place().path("work/" + names[0])), "");
  EXPECT_EQ(end("work/" + names[1], RecordFolder::failed), "");
  EXPECT_EQ(end(names[2]), "");
  EXPECT_THAT(inbox_.names("work"), IsEmpty());
  EXPECT_EQ(inbox_.names("done"), (std::set{TestInboxFolders::name_of(1), TestInboxFolders::name_of(3)}));
  EXPECT_THAT(inbox_.names("failed"), ElementsAre(TestInboxFolders::name_of(2)));
}

TEST_F(TransferTest, SaysWhereAClaimIsThatHasBeenEnded) {
  const std::string record = inbox_.add(1, "failed");
  EXPECT_EQ(end("work/me." + record),
            "work/me." + record + " is not there; the record is in failed/" + record);
  const std::string unknown = TestInboxFolders::name_of(7);
  EXPECT_THAT(end("work/me." + unknown), HasSubstr("no folder of the inbox has this record"));
}

TEST_F(TransferTest, EndsNothingButClaims) {
  const std::string record = inbox_.add(1);
  inbox_.place().write("work/notes", "");
  for (const std::string& file : {record, "new/" + record, "new/me." + record, std::string("work/notes"),
                                  std::string(), std::string("/"), "elsewhere/me." + record, "../" + record})
    EXPECT_THAT(end(file), AllOf(HasSubstr("is not allowed"), HasSubstr("work/NAME.RECORD"))) << file;
  EXPECT_THAT(inbox_.names("new"), ElementsAre(record));
  EXPECT_THAT(inbox_.names("work"), ElementsAre("notes"));
}

TEST_F(TransferTest, ReplaysWhatIsDoneOrFailed) {
  const std::string first = inbox_.add(1, "done");
  const std::string second = inbox_.add(2, "failed");
  EXPECT_EQ(replayed(first), first);
  EXPECT_EQ(replayed("failed/" + second), second);
  EXPECT_EQ(inbox_.names("new"), (std::set{first, second}));
  EXPECT_THAT(replayed(first), HasSubstr("the record is in new/" + first));
}

TEST_F(TransferTest, AsksWhichOneIsMeant) {
  const std::string record = inbox_.add(1, "done");
  inbox_.add(1, "failed");
  EXPECT_THAT(replayed(record), HasSubstr("are both there"));
  EXPECT_THAT(inbox_.names("new"), IsEmpty());
  EXPECT_EQ(replayed("done/" + record), record);
  EXPECT_EQ(replayed(record), record) << "the other one, which is the same as that in new";
  EXPECT_THAT(inbox_.names("failed"), IsEmpty());
  EXPECT_THAT(inbox_.names("new"), ElementsAre(record));
}

TEST_F(TransferTest, ReplaysNoClaims) {
  const std::string claim = inbox_.add(1, "work", "me.");
  for (const std::string& file :
       {claim, "work/" + claim, "done/" + claim, std::string("failed/x"), std::string()})
    EXPECT_THAT(replayed(file), HasSubstr("is not allowed")) << file;
  EXPECT_THAT(inbox_.names("work"), ElementsAre(claim));
}

}  // namespace
}  // namespace bobbin::inbox

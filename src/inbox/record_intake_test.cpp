#include "inbox/record_intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inbox/test_inbox_folders.h"

namespace bobbin::inbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(RecordIntakeTest, MakesTheInbox) {
  const os::TestDirectory place;
  auto intake = RecordIntake::open(place.path("box"));
  ASSERT_TRUE(intake) << intake.error();
  const auto file = intake->stage(TestInboxFolders::record(1));
  ASSERT_TRUE(file);
  ASSERT_TRUE(intake->put(TestInboxFolders::name_of(1), **file));
  ASSERT_TRUE(intake->sync());
  EXPECT_EQ(place.read("box/new/" + TestInboxFolders::name_of(1)), TestInboxFolders::record(1));
  for (const char* folder : {"work", "done", "failed"})
    EXPECT_TRUE(place.has(std::string("box/") + folder)) << folder;
}

TEST(RecordIntakeTest, SaysWhereNoInboxCanBeMade) {
  const os::TestDirectory place;
  place.write("file", "");
  for (const char* name : {"file", "missing/box"}) {
    const auto intake = RecordIntake::open(place.path(name));
    ASSERT_FALSE(intake) << name;
    EXPECT_THAT(intake.error(), HasSubstr(place.path(name) + "\" cannot be used as an inbox")) << name;
  }
}

TEST(RecordIntakeTest, IsTheOnlyOne) {
  const TestInboxFolders inbox;
  {
    const auto first = RecordIntake::open(inbox.place().path());
    ASSERT_TRUE(first);
    const auto second = RecordIntake::open(inbox.place().path());
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error(), HasSubstr("is in use"));
  }
  EXPECT_TRUE(RecordIntake::open(inbox.place().path()));
}

TEST(RecordIntakeTest, PutsNoRecordTwice) {
  const TestInboxFolders inbox;
  auto intake = RecordIntake::open(inbox.place().path());
  ASSERT_TRUE(intake);
  inbox.add(1, "new");
  inbox.add(2, "work", "me.");
  inbox.add(3, "done");
  inbox.add(4, "failed");
  for (std::uint64_t i = 1; i <= 4; ++i) {
    EXPECT_EQ(intake->has(TestInboxFolders::name_of(i)), true) << i;
    const auto file = intake->stage("other");
    ASSERT_TRUE(file);
    EXPECT_TRUE(intake->put(TestInboxFolders::name_of(i), **file)) << i;
  }
  EXPECT_EQ(intake->has(TestInboxFolders::name_of(5)), false);
  EXPECT_THAT(inbox.names("new"), ElementsAre(TestInboxFolders::name_of(1)));
  EXPECT_EQ(inbox.place().read("new/" + TestInboxFolders::name_of(1)), TestInboxFolders::record(1));
  EXPECT_THAT(inbox.names("done"), ElementsAre(TestInboxFolders::name_of(3)));
}

TEST(RecordIntakeTest, SaysWhenNothingCanBeWritten) {
  const TestInboxFolders inbox;
  auto intake = RecordIntake::open(inbox.place().path());
  ASSERT_TRUE(intake);
  const auto file = intake->stage(TestInboxFolders::record(1));
  ASSERT_TRUE(file);
  std::filesystem::remove(inbox.place().path("new"));
  const auto put = intake->put(TestInboxFolders::name_of(1), **file);
  ASSERT_FALSE(put);
  EXPECT_THAT(put.error(), HasSubstr("new/" + TestInboxFolders::name_of(1) + " cannot be written"));
}

}  // namespace
}  // namespace bobbin::inbox

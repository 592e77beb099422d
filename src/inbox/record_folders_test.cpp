#include "inbox/record_folders.h"

#include <cerrno>
#include <filesystem>
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

std::string message_of(const std::string& path) {
  const auto folders = RecordFolders::open(path);
  return folders ? "" : folders.error();
}

TEST(RecordFoldersTest, SayWhatIsNoInbox) {
  const os::TestDirectory place;
  place.write("file", "");
  EXPECT_THAT(message_of(place.path("nothing")), HasSubstr("the existing folder of an inbox is needed"));
  EXPECT_THAT(message_of(place.path("file")), HasSubstr("the existing folder of an inbox is needed"));
  EXPECT_THAT(message_of(place.path()), HasSubstr("is no inbox, since it has no folder \"new\""));
}

TEST(RecordFoldersTest, AreNoLinks) {
  const TestInboxFolders inbox;
  inbox.place().make_folder("elsewhere");
  std::filesystem::remove(inbox.place().path("done"));
  inbox.place().make_link("done", "elsewhere");
  EXPECT_THAT(message_of(inbox.place().path()), AllOf(HasSubstr("/done\""), HasSubstr("no symbolic link")));
}

TEST(RecordFoldersTest, ShowRecordsAndClaimsAlone) {
  const TestInboxFolders inbox;
  const std::string second = inbox.add(2);
  const std::string first = inbox.add(1);
  inbox.place().write("new/README", "");
  inbox.place().write("new/.hidden", "");
  inbox.place().write("new/a." + first, "");
  const std::string later = inbox.add(9, "work", "alpha.");
  const std::string earlier = inbox.add(8, "work", "zeta.");
  inbox.place().write("work/" + first, "");
  const RecordFolders folders = inbox.open();
  EXPECT_THAT(*folders.names(RecordFolder::unclaimed), ElementsAre(first, second));
  EXPECT_THAT(*folders.names(RecordFolder::claimed), ElementsAre(earlier, later))
      << "the oldest record first, whoever has claimed it";
  EXPECT_THAT(*folders.names(RecordFolder::done), IsEmpty());
  EXPECT_EQ(folders.path_of({RecordFolder::claimed, later}), inbox.place().path("work/" + later));
  EXPECT_EQ(RecordFolders::open(inbox.place().path() + "/")->path_of({RecordFolder::done, first}),
            inbox.place().path("done/" + first));
}

TEST(RecordFoldersTest, SettleWhatIsThereAlreadyByItsContent) {
  const TestInboxFolders inbox;
  const std::string name = inbox.add(1, "work", "me.");
  const std::string record = inbox.add(1, "done");
  const RecordFolders folders = inbox.open();
  const RecordPlace from{RecordFolder::claimed, name};
  const RecordPlace to{RecordFolder::done, record};
  EXPECT_EQ(folders.settle(from, to), true);
  EXPECT_THAT(inbox.names("work"), IsEmpty());
  EXPECT_EQ(inbox.place().read("done/" + record), TestInboxFolders::record(1));
  EXPECT_EQ(folders.settle(from, to), false) << "it is gone";

  inbox.place().write("work/" + name, "other");
  const auto different = folders.settle(from, to);
  ASSERT_FALSE(different);
  EXPECT_THAT(different.error(), AllOf(HasSubstr("work/" + name), HasSubstr("done/" + record)));
  EXPECT_EQ(inbox.place().read("work/" + name), "other") << "both are left as they are";
  EXPECT_EQ(inbox.place().read("done/" + record), TestInboxFolders::record(1));
}

TEST(RecordFoldersTest, MoveNothingButRegularFiles) {
  const TestInboxFolders inbox;
  const std::string record = TestInboxFolders::name_of(1);
  inbox.place().write("secret", "secret");
  inbox.place().make_link("new/" + record, "../secret");
  const RecordFolders folders = inbox.open();
  const RecordPlace from{RecordFolder::unclaimed, record};
  const auto moved = folders.move(from, {RecordFolder::claimed, "me." + record});
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code, EINVAL);
  EXPECT_FALSE(folders.open_file(from));
  EXPECT_TRUE(inbox.place().has("new/" + record));
}

}  // namespace
}  // namespace bobbin::inbox

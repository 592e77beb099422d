#include "inbox/consumer.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "inbox/test_inbox_folders.h"
#include "os/file.h"
#include "os/lock.h"

namespace bobbin::inbox {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class ConsumerTest : public testing::Test {
 protected:
  Consumer consumer(const std::string& name) {
    return {folders_, name, [this](const std::string& message) { reports_.push_back(message); }};
  }
  /// The record that it claims, and ends with at once; empty: there is none.
  std::string claim_and_end(Consumer& consumer) {
    const auto claimed = consumer.claim_next();
    EXPECT_TRUE(claimed) << claimed.error();
    if (!*claimed) return "";
    EXPECT_EQ(folders_.settle((*claimed)->place(), {RecordFolder::done, (*claimed)->claim.record}), true);
    return (*claimed)->claim.record;
  }
  [[nodiscard]] Result<bool, std::string> reclaim_older_than(Duration age) {
    const auto tell = [this](const Claim& claim) { told_.push_back(claim.name()); };
    return reclaim(folders_, age, wall_now(), tell,
                   [this](const std::string& message) { reports_.push_back(message); });
  }

  TestInboxFolders inbox_;
  RecordFolders folders_ = inbox_.open();
  std::vector<std::string> reports_;
  std::vector<std::string> told_;
};

TEST_F(ConsumerTest, ClaimsTheOldestFirst) {
  const std::string second = inbox_.add(2);
  const std::string first = inbox_.add(1);
  Consumer me = consumer("me");
  EXPECT_EQ(claim_and_end(me), first);
  const std::string third = inbox_.add(3);
  EXPECT_EQ(claim_and_end(me), second);
  EXPECT_EQ(claim_and_end(me), third);
  EXPECT_EQ(claim_and_end(me), "");
  EXPECT_THAT(inbox_.names("done"), UnorderedElementsAre(first, second, third));
}

TEST_F(ConsumerTest, LeavesWhatAnotherHasClaimed) {
  inbox_.add(1), inbox_.add(2);
  Consumer one = consumer("one");
  Consumer other = consumer("other");
  const auto first = one.claim_next();
  const auto second = other.claim_next();
  ASSERT_TRUE(first && *first && second && *second);
  EXPECT_EQ((*first)->claim.record, TestInboxFolders::name_of(1));
  EXPECT_EQ((*second)->claim.record, TestInboxFolders::name_of(2));
  EXPECT_THAT(inbox_.names("work"), UnorderedElementsAre("one." + TestInboxFolders::name_of(1),
                                                         "other." + TestInboxFolders::name_of(2)));
}

TEST_F(ConsumerTest, LeavesWhatAnotherIsAboutToClaim) {
  const std::string name = inbox_.add(1);
  const auto file = folders_.open_file({RecordFolder::unclaimed, name});
  ASSERT_EQ(os::try_lock(*file), true);
  Consumer me = consumer("me");
  EXPECT_EQ(claim_and_end(me), "");
  EXPECT_THAT(inbox_.names("new"), ElementsAre(name));
}

TEST_F(ConsumerTest, LeavesWhatIsNotWholeUntilItIs) {
  const std::string broken = TestInboxFolders::name_of(1);
  inbox_.place().write("new/" + broken, TestInboxFolders::record(1).substr(0, 100));
  inbox_.place().make_folder("new/" + TestInboxFolders::name_of(2));
  inbox_.place().make_fifo("new/" + TestInboxFolders::name_of(3));
  const std::string whole = inbox_.add(4);
  Consumer me = consumer("me");
  EXPECT_EQ(claim_and_end(me), whole);
  EXPECT_EQ(claim_and_end(me), "");
  EXPECT_THAT(reports_, ElementsAre(AllOf(HasSubstr("new/" + broken), HasSubstr("not whole")),
                                    HasSubstr("it is no regular file"), HasSubstr("it is no regular file")))
      << "each is told once";
  inbox_.add(1);
  EXPECT_EQ(claim_and_end(me), broken) << "the server has made it whole";
}

TEST_F(ConsumerTest, LeavesARecordOfWhichItHasAClaim) {
  const std::string name = inbox_.add(1);
  inbox_.add(1, "work", "me.");
  Consumer me = consumer("me");
  EXPECT_EQ(claim_and_end(me), "");
  EXPECT_THAT(reports_, ElementsAre(AllOf(HasSubstr("new/" + name), HasSubstr("work/me." + name))));
  ASSERT_EQ(folders_.settle({RecordFolder::claimed, "me." + name}, {RecordFolder::done, name}), true);
  EXPECT_EQ(claim_and_end(me), name) << "the claim has been ended";
}

TEST_F(ConsumerTest, TakesBackWhatAnInterruptedRunHasLeft) {
  inbox_.add(1, "work", "me.");
  inbox_.add(2, "work", "other.");
  inbox_.add(3, "work", "me.");
  inbox_.add(3);  // a power cut has left both names
  Consumer me = consumer("me");
  ASSERT_TRUE(me.take_back());
  EXPECT_THAT(inbox_.names("new"),
              UnorderedElementsAre(TestInboxFolders::name_of(1), TestInboxFolders::name_of(3)));
  EXPECT_THAT(inbox_.names("work"), ElementsAre("other." + TestInboxFolders::name_of(2)));
}

TEST_F(ConsumerTest, DoesNotTakeBackWhatALivingOneOfTheSameNameHolds) {
  inbox_.add(1);
  Consumer living = consumer("me");
  auto claimed = living.claim_next();
  ASSERT_TRUE(claimed && *claimed);
  Consumer me = consumer("me");
  ASSERT_TRUE(me.take_back());
  EXPECT_THAT(inbox_.names("new"), IsEmpty());
  claimed->reset();  // as when its process ends
  ASSERT_TRUE(me.take_back());
  EXPECT_THAT(inbox_.names("new"), ElementsAre(TestInboxFolders::name_of(1)));
}

TEST_F(ConsumerTest, GivesItsTurnToWhatWasGivenBackAfterAThousandClaims) {
  for (std::uint64_t i = 10; i < 1200; ++i) inbox_.add(i);
  Consumer me = consumer("me");
  EXPECT_EQ(claim_and_end(me), TestInboxFolders::name_of(10));
  const std::string given_back = inbox_.add(1);
  int claims = 1;
  while (claim_and_end(me) != given_back) ++claims;
  EXPECT_EQ(claims, 1000);
}

TEST_F(ConsumerTest, ReclaimsWhatIsOldEnoughAndNotHeld) {
  inbox_.add(1);
  Consumer living = consumer("living");
  const auto claimed = living.claim_next();
  ASSERT_TRUE(claimed && *claimed);
  const std::string left = inbox_.add(2, "work", "gone.");
  inbox_.place().write("work/notes", "");
  EXPECT_EQ(reclaim_older_than(std::chrono::hours(1)), true);
  EXPECT_THAT(told_, IsEmpty()) << "nothing is as old";
  EXPECT_EQ(reclaim_older_than({}), true);
  EXPECT_THAT(told_, ElementsAre(left));
  EXPECT_THAT(inbox_.names("new"), ElementsAre(TestInboxFolders::name_of(2)));
  EXPECT_EQ(inbox_.names("work").size(), 2U) << "the living one's, and what is no claim";
}

TEST_F(ConsumerTest, ReclaimsNothingOverAnotherContent) {
  inbox_.add(1);
  inbox_.place().write("work/gone." + TestInboxFolders::name_of(1), "other");
  EXPECT_EQ(reclaim_older_than({}), false);
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_THAT(reports_, ElementsAre(AllOf(HasSubstr("work/gone."), HasSubstr("its content is another"))));
}

/// The age counts from the claim: a record that has waited for long is not reclaimed from whoever has just
/// claimed it.
TEST_F(ConsumerTest, CountsTheAgeOfAClaimFromTheClaim) {
  const std::string name = inbox_.add(1);
  const auto before = os::status_at(folders_.at(RecordFolder::unclaimed), name);
  while (wall_now() - before->changed < milliseconds(50)) {
  }
  Consumer me = consumer("me");
  {
    ASSERT_TRUE(me.claim_next());
  }
  const auto after = os::status_at(folders_.at(RecordFolder::claimed), "me." + name);
  ASSERT_TRUE(after);
  EXPECT_GT(after->changed, before->changed);
}

}  // namespace
}  // namespace bobbin::inbox

#include "store/known_documents.h"

#include <cerrno>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/test_folder.h"

namespace bobbin::store {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using Step = TestFolder::Step;

constexpr WallTime kNoon{hours(24 * 365 * 50)};

class KnownDocumentsTest : public ::testing::Test {
 protected:
  static DocumentKey key(int number) { return {.digest = crypto::sha256(std::to_string(number))}; }
  static KnownDocument document(int number, WallTime received = kNoon) {
    return {.id = "abcdefghijklmnopqrstuvwx" + std::to_string(10 + number % 90),
            .sequence = static_cast<std::uint64_t>(number),
            .digest = crypto::sha256("content of " + std::to_string(number)),
            .received = received};
  }
  /// Those of 1 to `last` that are known.
  std::vector<int> known(int last, WallTime now = kNoon) {
    std::vector<int> numbers;
    for (int number = 1; number <= last; ++number) {
      const auto found = documents_->find(key(number), now);
      if (!found) continue;
      EXPECT_EQ(found->id, document(number).id);
      EXPECT_EQ(found->digest, document(number).digest);
      numbers.push_back(static_cast<int>(found->sequence));
    }
    return numbers;
  }
  void add(int number, WallTime received = kNoon) {
    documents_->add(key(number).digest, document(number, received));
  }
  void write() { ASSERT_TRUE(documents_->write()); }
  void start_again(std::size_t most = KnownDocuments::kMost) {
    documents_ = std::make_unique<KnownDocuments>(folder_.key_files(), most);
    ASSERT_TRUE(documents_->load());
  }
  std::size_t files() { return folder_.files().size(); }

  TestFolder folder_;
  std::unique_ptr<KnownDocuments> documents_ = std::make_unique<KnownDocuments>(folder_.key_files());
};

using Numbers = std::vector<int>;

TEST_F(KnownDocumentsTest, AreKnownAgainAfterAStart) {
  add(1, kNoon + microseconds(7));
  add(2);
  EXPECT_EQ(known(3), (Numbers{1, 2}));
  write();
  start_again();
  EXPECT_EQ(known(3), (Numbers{1, 2}));
  EXPECT_EQ(documents_->find(key(1), kNoon)->received, kNoon + microseconds(7));
  add(3);
  write();
  start_again();
  EXPECT_EQ(known(3), (Numbers{1, 2, 3}));
}

TEST_F(KnownDocumentsTest, WhatIsSyncedOutlivesAPowerCut) {
  add(1);
  write();
  ASSERT_TRUE(folder_.sync_everything());
  add(2);
  write();
  folder_.cut_power();
  start_again();
  EXPECT_EQ(known(2), Numbers{1});
}

TEST_F(KnownDocumentsTest, NothingIsKnownBehindTheWindow) {
  add(1, kNoon);
  add(2, kNoon + hours(1));
  EXPECT_EQ(known(2, kNoon + hours(96)), (Numbers{1, 2}));
  EXPECT_EQ(known(2, kNoon + hours(96) + microseconds(1)), Numbers{2});
  EXPECT_EQ(known(2, kNoon + hours(98)), Numbers{});
}

TEST_F(KnownDocumentsTest, AKeyThatComesAgainBehindTheWindowIsThatOfTheLaterDocument) {
  add(1, kNoon);
  write();
  const WallTime later = kNoon + hours(97);
  EXPECT_FALSE(documents_->find(key(1), later));
  documents_->add(key(1).digest, document(5, later));
  write();
  EXPECT_EQ(documents_->find(key(1), later)->sequence, 5U);
  start_again();
  EXPECT_EQ(documents_->find(key(1), later)->sequence, 5U);
  EXPECT_EQ(documents_->find(key(1), later + hours(96))->sequence, 5U);
}

TEST_F(KnownDocumentsTest, AClockThatGoesBackMakesNothingUnknown) {
  add(1, kNoon);
  add(2, kNoon - hours(200));
  EXPECT_EQ(known(2, kNoon - hours(150)), (Numbers{1, 2}));
}

TEST_F(KnownDocumentsTest, TheOldestAreForgottenWhenThereAreTooMany) {
  start_again(3);
  for (int number = 1; number <= 5; ++number) add(number);
  EXPECT_EQ(known(5), (Numbers{3, 4, 5}));
  EXPECT_EQ(documents_->crowded_out(), 2U);
  write();
  start_again(2);
  EXPECT_EQ(known(5), (Numbers{4, 5}));
}

TEST_F(KnownDocumentsTest, FilesOfForgottenKeysAreRemoved) {
  start_again(2);
  for (int number = 1; number <= 3; ++number) {
    add(number);
    write();
    start_again(2);
  }
  EXPECT_EQ(files(), 2U);  // 1 is forgotten, and so is its file
  add(4);
  write();
  EXPECT_EQ(files(), 2U);
  start_again(2);
  EXPECT_EQ(known(4), (Numbers{3, 4}));
}

TEST_F(KnownDocumentsTest, AFileEndsWhenItHasManyLines) {
  const int last = static_cast<int>(KnownDocuments::kLinesInAFile) + 1;
  for (int number = 1; number < last; ++number) add(number);
  write();
  EXPECT_EQ(files(), 1U);
  add(last);
  write();
  EXPECT_EQ(files(), 2U);
  start_again();
  EXPECT_TRUE(documents_->find(key(1), kNoon));
  EXPECT_TRUE(documents_->find(key(last), kNoon));
}

TEST_F(KnownDocumentsTest, WhatCouldNotBeWrittenIsWrittenLater) {
  add(1);
  write();
  folder_.fail(Step::append_keys, ENOSPC, 2);
  add(2);
  EXPECT_EQ(documents_->write().error().code, ENOSPC);  // it leaves half a line
  EXPECT_EQ(known(2), (Numbers{1, 2}));
  add(3);
  write();
  start_again();
  EXPECT_EQ(known(3), (Numbers{1, 2, 3}));
}

TEST_F(KnownDocumentsTest, WhatTheDiskMayHaveLostIsWrittenAgain) {
  add(1);
  write();
  ASSERT_EQ(files(), 1U);
  const std::string file = folder_.files().begin()->first;
  documents_->add_again(key(1).digest, document(1));
  documents_->add_again(key(2).digest, document(2));
  write();
  EXPECT_EQ(files(), 2U) << "behind what is lost there may be no line feed";
  start_again();
  EXPECT_EQ(known(2), (Numbers{1, 2}));
  folder_.overwrite(file, std::string(folder_.files()[file].size(), '\0'));
  start_again();
  EXPECT_EQ(known(2), (Numbers{1, 2}));
}

TEST_F(KnownDocumentsTest, ALineThatIsDamagedIsPassedOver) {
  for (int number = 1; number <= 3; ++number) add(number);
  write();
  const auto [name, content] = *folder_.files().begin();
  const std::size_t second = content.find('\n') + 1;
  for (std::size_t at = second; at < content.find('\n', second); at += 7) {
    std::string damaged = content;
    damaged[at] = damaged[at] == '0' ? '1' : '0';
    folder_.overwrite(name, damaged);
    start_again();
    EXPECT_EQ(known(3), (Numbers{1, 3})) << at;
  }
  for (std::size_t size = 0; size < content.size(); size += 13) {
    folder_.overwrite(name, content.substr(0, size));
    start_again();
    EXPECT_EQ(known(3).size(), size / (content.size() / 3)) << size;
  }
}

}  // namespace
}  // namespace bobbin::store

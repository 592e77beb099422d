#include "store/file_committer.h"

#include <cerrno>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/test_patience.h"
#include "store/test_folder_store.h"

namespace bobbin::store {
namespace {

using observe::LogLevel;
using Kind = Verdict::Kind;
using Step = TestFolder::Step;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// The committer of a store over a folder in memory.
class FileCommitterTest : public FolderStoreTest {
 protected:
  void start(FileCommitter::Limits limits = {}) { FolderStoreTest::start({.committer = limits}); }

  bool is_open() { return store_->committer().is_open(); }
  /// False when patience has ended.
  bool wait_until_closed() {
    const Instant deadline = end_of_patience();
    while (is_open() && monotonic_now() < deadline) std::this_thread::yield();
    return !is_open();
  }
};

TEST_F(FileCommitterTest, AnswersOnceContentNameAndDirectoryAreSynced) {
  outcomes_.on_outcome = [&](int, const Verdict&) { folder_->note("answer"); };
  start();
  const Verdict response = upload(1, "[1]");
  EXPECT_EQ(response.kind, Kind::stored);
  EXPECT_THAT(folder_->events(), ElementsAre("sync", "publish", "sync_names", "answer"));
  EXPECT_THAT(folder_->files(), ElementsAre(std::pair(response.name, std::string("[1]"))));
}

TEST_F(FileCommitterTest, OneDirectorySyncServesAllThatArrivedDuringTheOneBefore) {
  start({.syncing_documents = 1});
  folder_->hold(Step::sync_names);
  submit(1);
  ASSERT_TRUE(folder_->wait_until_held(Step::sync_names, 1));
  for (int i = 2; i <= 10; ++i) submit(i);
  ASSERT_TRUE(folder_->wait_until_done(Step::sync, 10)) << "files are synced while the directory is";
  folder_->hold(Step::sync);
  submit(11);
  ASSERT_TRUE(folder_->wait_until_held(Step::sync, 1)) << "so the ten before it have been handed on";
  EXPECT_EQ(outcomes_.size(), 0U);
  folder_->release(Step::sync_names);
  for (int i = 1; i <= 10; ++i) EXPECT_EQ(kind(i), Kind::stored);
  EXPECT_EQ(folder_->calls(Step::sync_names), 2U);
  folder_->release(Step::sync);
  EXPECT_EQ(kind(11), Kind::stored);
}

TEST_F(FileCommitterTest, SyncsFilesSideBySide) {
  start({.syncing_documents = 4});
  folder_->hold(Step::sync);
  for (int i = 1; i <= 5; ++i) submit(i);
  EXPECT_TRUE(folder_->wait_until_held(Step::sync, 4));
  EXPECT_EQ(folder_->calls(Step::sync), 4U) << "no more than it has threads";
  folder_->release(Step::sync);
  for (int i = 1; i <= 5; ++i) EXPECT_EQ(kind(i), Kind::stored);
}

/// The threads of this program now; one that has just been joined may still be counted.
std::size_t threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

TEST_F(FileCommitterTest, MakesAThreadOnlyForADocumentThatFindsNoneFree) {
  std::thread([] {}).join();  // a sanitizer starts a thread of its own with the first one
  const std::size_t before = threads();
  start({.syncing_documents = 4});
  EXPECT_LE(threads(), before);
  for (int i = 1; i <= 20; ++i) {
    EXPECT_EQ(upload(i).kind, Kind::stored);
    EXPECT_LE(threads(), before + 4 + 1)
        << "those that have answered may not be at rest again, but 20 are too many";
  }
  folder_->hold(Step::sync);
  for (int i = 21; i <= 40; ++i) submit(i);
  ASSERT_TRUE(folder_->wait_until_held(Step::sync, 4));
  EXPECT_LE(threads(), before + 4 + 1);
  folder_->release(Step::sync);
  for (int i = 21; i <= 40; ++i) EXPECT_EQ(kind(i), Kind::stored);
}

TEST_F(FileCommitterTest, DrawsAnotherNameWhenOneIsTaken) {
  start();
  folder_->fail(Step::publish, EEXIST, 1, 3);
  const Verdict response = upload(1);
  EXPECT_EQ(response.kind, Kind::stored);
  EXPECT_EQ(folder_->calls(Step::publish), 4U);
  EXPECT_EQ(folder_->calls(Step::remove), 0U) << "the file of a taken name is another document";
}

TEST_F(FileCommitterTest, GivesUpWhenEveryNameIsTaken) {
  start();
  folder_->fail_every(Step::publish, EEXIST, 1);
  EXPECT_EQ(upload(1).kind, Kind::failed);
  EXPECT_EQ(folder_->calls(Step::remove), 0U);
  EXPECT_TRUE(is_open());
}

// CONTRACT §3 and §7 row 18: a failure is this document's alone; later ones are stored.
TEST_F(FileCommitterTest, AFailureToWriteCostsOneUpload) {
  int number = 0;
  start();
  for (const Step step : {Step::stage, Step::append, Step::publish}) {
    for (const int code : {ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM, EIO, EROFS, EACCES}) {
      SCOPED_TRACE("step " + std::to_string(static_cast<int>(step)) + ", errno " + std::to_string(code));
      folder_->fail(step, code, folder_->calls(step) + 1);
      const Verdict verdict = upload(++number);
      EXPECT_EQ(verdict.kind, Kind::failed);
      EXPECT_EQ(verdict.code, code);
      EXPECT_THAT(log_.lines(LogLevel::warning), SizeIs(static_cast<std::size_t>(number)));
      EXPECT_THAT(folder_->files(), IsEmpty());
      EXPECT_EQ(folder_->staged_files(), 0U) << "gone before the answer";
    }
  }
  EXPECT_THAT(log_.lines(LogLevel::error), IsEmpty());
  EXPECT_TRUE(is_open());
  EXPECT_EQ(upload(++number).kind, Kind::stored);
  EXPECT_EQ(registry_.total("bobbin_documents_stored_total"), 1U);
  EXPECT_EQ(registry_.total("bobbin_documents_failed_total"), static_cast<std::size_t>(number - 1));
}

TEST_F(FileCommitterTest, TakesBackANameThatMayHaveComeInSpiteOfTheError) {
  start();
  folder_->fail(Step::publish, EIO);
  EXPECT_EQ(upload(1).kind, Kind::failed);
  EXPECT_EQ(folder_->calls(Step::remove), 1U);
}

TEST_F(FileCommitterTest, AFailedFileSyncClosesTheStore) {
  start();
  folder_->fail(Step::sync, EIO);
  EXPECT_EQ(upload(1).kind, Kind::failed);
  EXPECT_FALSE(is_open());
  EXPECT_EQ(upload(2).kind, Kind::closed);
  EXPECT_EQ(folder_->calls(Step::sync), 1U) << "a failed sync is never repeated";
  EXPECT_EQ(registry_.states().at(0).text, "closed");
  EXPECT_THAT(folder_->files(), IsEmpty());
  EXPECT_THAT(log_.lines(LogLevel::error),
              ElementsAre("Sync failed (test: Input/output error): uploads are refused until the disk has "
                          "proved that it stores again"));
}

// The pages of that document may have been dropped; the device is sound.
TEST_F(FileCommitterTest, NoSpaceFoundBySyncCostsOneUpload) {
  start();
  int number = 0;
  for (const int code : {ENOSPC, EDQUOT}) {
    folder_->fail(Step::sync, code, folder_->calls(Step::sync) + 1);
    const Verdict verdict = upload(++number);
    EXPECT_EQ(verdict.kind, Kind::failed);
    EXPECT_EQ(verdict.code, code);
    EXPECT_THAT(folder_->files(), SizeIs(static_cast<std::size_t>(number - 1) / 2)) << "its file is gone";
    EXPECT_TRUE(is_open());
    EXPECT_EQ(upload(++number).kind, Kind::stored);
  }
  EXPECT_THAT(log_.lines(LogLevel::error), IsEmpty());
  EXPECT_EQ(folder_->staged_files(), 0U);
}

TEST_F(FileCommitterTest, OnlyWhatWasAlreadyPublishedSurvivesAFailedFileSync) {
  start();
  folder_->hold(Step::sync_names);
  submit(1);
  ASSERT_TRUE(folder_->wait_until_held(Step::sync_names, 1));
  submit(2);  // synced, and waits for the publisher
  ASSERT_TRUE(folder_->wait_until_done(Step::sync, 2));
  folder_->fail(Step::sync, EIO, 3);
  submit(3);
  ASSERT_TRUE(wait_until_closed());
  folder_->release(Step::sync_names);
  EXPECT_EQ(kind(1), Kind::stored) << "each of its own steps has succeeded";
  EXPECT_EQ(kind(2), Kind::closed);
  EXPECT_EQ(kind(3), Kind::failed);
  EXPECT_THAT(folder_->files(), SizeIs(1));
}

TEST_F(FileCommitterTest, WhatStillWaitsWhenASyncFailsIsRefused) {
  start({.syncing_documents = 1});
  folder_->hold(Step::sync);
  folder_->fail(Step::sync, EIO);
  submit(1);
  ASSERT_TRUE(folder_->wait_until_held(Step::sync, 1));
  submit(2);
  submit(3);
  folder_->release(Step::sync);
  EXPECT_EQ(kind(1), Kind::failed);
  EXPECT_EQ(kind(2), Kind::closed);
  EXPECT_EQ(kind(3), Kind::closed);
  EXPECT_EQ(folder_->calls(Step::sync), 1U);
}

TEST_F(FileCommitterTest, AFailedDirectorySyncTakesTheNamesBackAndIsNotRepeated) {
  start({.syncing_documents = 1});
  folder_->hold(Step::sync_names);
  submit(1);
  ASSERT_TRUE(folder_->wait_until_held(Step::sync_names, 1));
  for (int i = 2; i <= 4; ++i) submit(i);
  ASSERT_TRUE(folder_->wait_until_done(Step::sync, 4));
  folder_->fail(Step::sync_names, EIO, 1, 100);
  folder_->release(Step::sync_names);
  EXPECT_EQ(kind(1), Kind::failed);
  for (int i = 2; i <= 4; ++i) EXPECT_EQ(kind(i), Kind::closed);
  EXPECT_FALSE(is_open());
  EXPECT_EQ(folder_->calls(Step::sync_names), 1U);
  EXPECT_EQ(folder_->calls(Step::publish), 1U);
  EXPECT_THAT(folder_->files(), IsEmpty());
  EXPECT_THAT(log_.lines(LogLevel::error), SizeIs(1));
}

TEST_F(FileCommitterTest, AFailedDirectorySyncFailsItsWholeBatch) {
  start();
  folder_->hold(Step::sync);
  for (int i = 1; i <= 8; ++i) submit(i);
  ASSERT_TRUE(folder_->wait_until_held(Step::sync, 8));
  folder_->fail_every(Step::sync_names, EIO, 1);
  folder_->release(Step::sync);
  for (int i = 1; i <= 8; ++i) EXPECT_THAT(kind(i), AnyOf(Kind::failed, Kind::closed));
  EXPECT_THAT(folder_->files(), IsEmpty());
}

TEST_F(FileCommitterTest, SaysSoWhenANameCannotBeTakenBack) {
  start();
  folder_->fail(Step::sync_names, EIO);
  folder_->fail(Step::remove, EIO);
  EXPECT_EQ(upload(1).kind, Kind::failed);
  ASSERT_THAT(folder_->files(), SizeIs(1));
  EXPECT_THAT(log_.lines(LogLevel::error),
              ElementsAre(HasSubstr(folder_->files().begin()->first), HasSubstr("uploads are refused")));
}

TEST_F(FileCommitterTest, RefusesWhatWouldWaitTooLong) {
  start({.syncing_documents = 1, .waiting_documents = 2});
  folder_->hold(Step::sync);
  submit(1);
  ASSERT_TRUE(folder_->wait_until_held(Step::sync, 1));
  submit(2);
  submit(3);
  EXPECT_EQ(upload(4).kind, Kind::busy);
  EXPECT_EQ(outcomes_.size(), 0U);
  folder_->release(Step::sync);
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(kind(i), Kind::stored);
  EXPECT_EQ(upload(5).kind, Kind::stored) << "there is room again";
  finish();
  EXPECT_EQ(outcomes_.size(), 0U) << "a refused upload is answered once";
}

TEST_F(FileCommitterTest, HoldsABoundedNumberOfFilesOpen) {
  start({.syncing_documents = 2, .synced_documents = 3});
  folder_->hold(Step::sync_names);
  submit(1);
  ASSERT_TRUE(folder_->wait_until_held(Step::sync_names, 1));
  for (int i = 2; i <= 50; ++i) submit(i);
  // One is being published, three are synced, and each of the syncing tasks has one.
  ASSERT_TRUE(folder_->wait_until_done(Step::sync, 1 + 3 + 2));
  std::this_thread::sleep_for(milliseconds(20));  // if there were no bound, it would show now
  EXPECT_EQ(folder_->staged_files(), 1U + 3U + 2U);
  folder_->release(Step::sync_names);
  for (int i = 1; i <= 50; ++i) EXPECT_EQ(kind(i), Kind::stored);
}

TEST_F(FileCommitterTest, OnceClosedItRefusesAtOnceThoughTheDiskHangs) {
  start({.syncing_documents = 1});
  folder_->fail(Step::sync_names, EIO);
  folder_->hold(Step::sync_names);
  submit(1);
  ASSERT_TRUE(folder_->wait_until_held(Step::sync_names, 1));
  folder_->hold(Step::append);
  submit(2);
  ASSERT_TRUE(folder_->wait_until_held(Step::append, 1));
  folder_->release(Step::sync_names);
  ASSERT_TRUE(wait_until_closed());
  submit(3);
  EXPECT_EQ(kind(3), Kind::closed);
  folder_->release(Step::append);
  EXPECT_EQ(kind(2), Kind::closed);
}

TEST_F(FileCommitterTest, WhenNoThreadCanCommitEveryDocumentIsRefused) {
  start();
  finish();
  EXPECT_EQ(upload(1).kind, Kind::busy);
  EXPECT_EQ(upload(2).kind, Kind::busy);
}

TEST_F(FileCommitterTest, WhatWasSubmittedIsStoredWhileTheServerStops) {
  start({.syncing_documents = 2, .synced_documents = 2});
  folder_->hold(Step::sync);
  for (int i = 1; i <= 20; ++i) submit(i);
  executor_.shut_down([] {});
  folder_->release(Step::sync);
  executor_.join();
  EXPECT_EQ(outcomes_.size(), 20U);
  for (int i = 1; i <= 20; ++i) EXPECT_EQ(kind(i), Kind::stored);
  EXPECT_EQ(upload(21).kind, Kind::busy) << "there are no threads any more";
}

/// Uploads from several threads at once; returns how many were answered 201. Every document is different.
class CommitterUnderLoad : public FileCommitterTest {
 protected:
  static constexpr int kThreads = 8;
  static constexpr int kEach = 40;

  static std::string content(int number) { return "[" + std::to_string(number) + "]"; }

  std::size_t upload_from_all_sides() {
    std::vector<std::thread> clients;
    std::vector<std::size_t> created(kThreads);
    for (int client = 0; client < kThreads; ++client) {
      clients.emplace_back([this, client, &created] {
        for (int i = 0; i < kEach; ++i) {
          const int number = client * kEach + i;
          if (upload(number, content(number)).kind == Kind::stored)
            ++created[static_cast<std::size_t>(client)];
        }
      });
    }
    std::size_t sum = 0;
    for (int client = 0; client < kThreads; ++client) {
      clients[static_cast<std::size_t>(client)].join();
      sum += created[static_cast<std::size_t>(client)];
    }
    return sum;
  }

  /// How many documents have been acknowledged that a power cut at that very moment would have lost.
  std::size_t lies_ = 0;
  void watch_for_lies() {
    outcomes_.on_outcome = [this](int number, const Verdict& verdict) {
      if (verdict.kind != Kind::stored) return;
      const auto kept = folder_->after_power_cut();
      const auto found = kept.find(verdict.name);
      if (found == kept.end() || found->second != content(number)) ++lies_;
    };
  }
};

TEST_F(CommitterUnderLoad, APowerCutAtAnyMomentLeavesEvery201WholeAndNothingPartial) {
  watch_for_lies();
  start();
  EXPECT_EQ(upload_from_all_sides(), static_cast<std::size_t>(kThreads * kEach));
  EXPECT_EQ(lies_, 0U);
  EXPECT_EQ(folder_->published_too_early(), 0U);
  std::set<std::string> contents;
  for (const auto& [name, content] : folder_->files()) contents.insert(content);
  EXPECT_THAT(contents, SizeIs(kThreads * kEach)) << "as many distinct documents as were sent";
}

// CONTRACT §7 row 18.
TEST_F(CommitterUnderLoad, Whatever201SaidIsThereWhenEveryNthStepFails) {
  struct Case {
    Step step;
    int code;
  };
  const Case cases[] = {
      {Step::stage, EMFILE}, {Step::append, ENOSPC}, {Step::publish, EEXIST}, {Step::publish, EIO}};
  for (const auto& [step, code] : cases) {
    SCOPED_TRACE("step " + std::to_string(static_cast<int>(step)) + ", errno " + std::to_string(code));
    const std::size_t before = folder_->files().size();
    folder_->fail_every(step, code, 3);
    watch_for_lies();
    start();
    const std::size_t created = upload_from_all_sides();
    EXPECT_EQ(lies_, 0U);
    EXPECT_EQ(folder_->files().size() - before, created) << "no document without its 201";
    EXPECT_EQ(created == kThreads * kEach, code == EEXIST) << "a taken name is tried again, the others fail";
    EXPECT_EQ(folder_->staged_files(), 0U);
    folder_->fail_every(step, 0, 0);
  }
}

TEST_F(CommitterUnderLoad, AFailedSyncAtAnyMomentMakesNo201ALie) {
  for (const Step step : {Step::sync, Step::sync_names}) {
    for (const std::size_t nth : {1U, 2U, 5U, 17U}) {
      SCOPED_TRACE("step " + std::to_string(static_cast<int>(step)) + ", call " + std::to_string(nth));
      const std::size_t before = folder_->files().size();
      folder_->fail(step, EIO, folder_->calls(step) + nth);
      watch_for_lies();
      start();
      const std::size_t created = upload_from_all_sides();
      EXPECT_FALSE(is_open());
      EXPECT_EQ(lies_, 0U);
      EXPECT_EQ(folder_->files().size() - before, created);
    }
  }
}

}  // namespace
}  // namespace bobbin::store

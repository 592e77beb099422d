#include "uploads/committer.h"

#include <cerrno>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "uploads/test_store.h"
#include "uploads/test_surroundings.h"

namespace bobbin::uploads {
namespace {

using http::Response;
using http::Status;
using observe::LogLevel;
using Step = TestStore::Step;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A committer over a store in memory.
class CommitterTest : public ::testing::Test {
 protected:
  Committer& start(Committer::Limits limits = {}) {
    committer_ = std::make_unique<Committer>(store_, "/uploads", log_.writer("Uploads"), limits);
    return *committer_;
  }

  static ExchangeId id(int number) { return static_cast<ExchangeId>(number); }

  /// Submits a document under a number. Its answer, when it comes at once; else 100, and wait() has it.
  Response submit(int number, std::string_view content = "{}") {
    Document document(store_);
    document.append(as_bytes(content));
    http::Reply reply = committer_->submit(std::move(document), mailbox_.reply(id(number)));
    if (auto* response = std::get_if<Response>(&reply)) return std::move(*response);
    return {.status = Status::continue_};
  }
  Response wait(int number) { return mailbox_.wait(id(number)); }
  Response upload(int number, std::string_view content = "{}") {
    Response response = submit(number, content);
    if (response.status == Status::continue_) return wait(number);
    return response;
  }

  /// False after ten seconds.
  bool wait_until_closed() {
    const Instant deadline = monotonic_now() + seconds(10);
    while (committer_->open() && monotonic_now() < deadline) std::this_thread::yield();
    return !committer_->open();
  }

  TestStore store_;
  TestLog log_;
  Mailbox mailbox_;
  std::unique_ptr<Committer> committer_;  // last: its threads use the others
};

TEST_F(CommitterTest, AnswersOnceContentNameAndDirectoryAreSynced) {
  mailbox_.on_answer = [&](ExchangeId, const Response&) { store_.note("answer"); };
  start();
  const Response response = upload(1, "[1]");
  EXPECT_EQ(response.status, Status::created);
  EXPECT_THAT(store_.events(), ElementsAre("sync", "publish", "sync_names", "answer"));
  EXPECT_THAT(store_.files(), ElementsAre(std::pair(response.log_fields.subject, std::string("[1]"))));
}

TEST_F(CommitterTest, OneDirectorySyncServesAllThatArrivedDuringTheOneBefore) {
  start({.sync_threads = 1});
  store_.hold(Step::sync_names);
  submit(1);
  ASSERT_TRUE(store_.wait_until_held(Step::sync_names, 1));
  for (int i = 2; i <= 10; ++i) submit(i);
  ASSERT_TRUE(store_.wait_until_done(Step::sync, 10)) << "files are synced while the directory is";
  store_.hold(Step::sync);
  submit(11);
  ASSERT_TRUE(store_.wait_until_held(Step::sync, 1)) << "so the ten before it have been handed on";
  EXPECT_EQ(mailbox_.size(), 0U);
  store_.release(Step::sync_names);
  for (int i = 1; i <= 10; ++i) EXPECT_EQ(wait(i).status, Status::created);
  EXPECT_EQ(store_.calls(Step::sync_names), 2U);
  store_.release(Step::sync);
  EXPECT_EQ(wait(11).status, Status::created);
}

TEST_F(CommitterTest, SyncsFilesSideBySide) {
  start({.sync_threads = 4});
  store_.hold(Step::sync);
  for (int i = 1; i <= 5; ++i) submit(i);
  EXPECT_TRUE(store_.wait_until_held(Step::sync, 4));
  EXPECT_EQ(store_.calls(Step::sync), 4U) << "no more than it has threads";
  store_.release(Step::sync);
  for (int i = 1; i <= 5; ++i) EXPECT_EQ(wait(i).status, Status::created);
}

/// The threads of this program now; one that has just been joined may still be counted.
std::size_t threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

TEST_F(CommitterTest, MakesAThreadOnlyForADocumentThatFindsNoneFree) {
  std::thread([] {}).join();  // a sanitizer starts a thread of its own with the first one
  const std::size_t before = threads();
  start({.sync_threads = 4});
  EXPECT_LE(threads(), before);
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(upload(i).status, Status::created);
    EXPECT_LE(threads(), before + 2) << "the one that answered may not be at rest again";
  }
  store_.hold(Step::sync);
  for (int i = 6; i <= 20; ++i) submit(i);
  ASSERT_TRUE(store_.wait_until_held(Step::sync, 4));
  EXPECT_LE(threads(), before + 4 + 1);
  store_.release(Step::sync);
  for (int i = 6; i <= 20; ++i) EXPECT_EQ(wait(i).status, Status::created);
}

TEST_F(CommitterTest, DrawsAnotherNameWhenOneIsTaken) {
  start();
  store_.fail(Step::publish, EEXIST, 1, 3);
  const Response response = upload(1);
  EXPECT_EQ(response.status, Status::created);
  EXPECT_EQ(store_.calls(Step::publish), 4U);
  EXPECT_EQ(store_.calls(Step::remove), 0U) << "a taken name is somebody else's document";
}

TEST_F(CommitterTest, GivesUpWhenEveryNameIsTaken) {
  start();
  store_.fail_every(Step::publish, EEXIST, 1);
  EXPECT_EQ(upload(1).status, Status::internal_server_error);
  EXPECT_EQ(store_.calls(Step::remove), 0U);
  EXPECT_TRUE(committer_->open());
}

// CONTRACT §3 and §7 row 18: no space → 507, any other failure 500 or 503, never 201; later uploads work.
TEST_F(CommitterTest, AFailureToWriteCostsOneUpload) {
  struct Case {
    int code;
    Status status;
  };
  const Case cases[] = {{ENOSPC, Status::insufficient_storage}, {EDQUOT, Status::insufficient_storage},
                        {EMFILE, Status::service_unavailable},  {ENFILE, Status::service_unavailable},
                        {ENOMEM, Status::service_unavailable},  {EIO, Status::internal_server_error},
                        {EROFS, Status::internal_server_error}, {EACCES, Status::internal_server_error}};
  int number = 0;
  start();
  for (const Step step : {Step::stage, Step::append, Step::publish}) {
    for (const auto& [code, status] : cases) {
      SCOPED_TRACE("step " + std::to_string(static_cast<int>(step)) + ", errno " + std::to_string(code));
      store_.fail(step, code, store_.calls(step) + 1);
      const Response response = upload(++number);
      EXPECT_EQ(response.status, status);
      EXPECT_EQ(response.fields, status == Status::service_unavailable ? "Retry-After: 5\r\n" : "");
      EXPECT_EQ(response.close, status != Status::insufficient_storage);  // CONTRACT §4
      EXPECT_THAT(log_.lines(LogLevel::warning), SizeIs(static_cast<std::size_t>(number)));
      EXPECT_THAT(store_.files(), IsEmpty());
      EXPECT_EQ(store_.staged_files(), 0U) << "gone before the answer";
    }
  }
  EXPECT_THAT(log_.lines(LogLevel::error), IsEmpty());
  EXPECT_TRUE(committer_->open());
  EXPECT_EQ(upload(++number).status, Status::created);
}

TEST_F(CommitterTest, TakesBackANameThatMayHaveComeInSpiteOfTheError) {
  start();
  store_.fail(Step::publish, EIO);
  EXPECT_EQ(upload(1).status, Status::internal_server_error);
  EXPECT_EQ(store_.calls(Step::remove), 1U);
}

TEST_F(CommitterTest, AFailedFileSyncClosesTheStore) {
  start();
  store_.fail(Step::sync, EIO);
  EXPECT_EQ(upload(1).status, Status::internal_server_error);
  EXPECT_FALSE(committer_->open());
  const Response later = upload(2);
  EXPECT_EQ(later.status, Status::service_unavailable);
  EXPECT_EQ(later.fields, "Retry-After: 5\r\n");
  EXPECT_EQ(store_.calls(Step::sync), 1U) << "a failed sync is never repeated";
  EXPECT_THAT(store_.files(), IsEmpty());
  EXPECT_THAT(
      log_.lines(LogLevel::error),
      ElementsAre(
          "Sync failed (test: Input/output error): uploads are refused until the server is restarted"));
}

TEST_F(CommitterTest, NoSpaceFoundBySyncIs507AndClosesTheStoreToo) {
  start();
  store_.fail(Step::sync, ENOSPC);
  EXPECT_EQ(upload(1).status, Status::insufficient_storage);
  EXPECT_FALSE(committer_->open());
}

TEST_F(CommitterTest, OnlyWhatWasAlreadyPublishedSurvivesAFailedFileSync) {
  start();
  store_.hold(Step::sync_names);
  submit(1);
  ASSERT_TRUE(store_.wait_until_held(Step::sync_names, 1));
  submit(2);  // synced, and waits for the publisher
  ASSERT_TRUE(store_.wait_until_done(Step::sync, 2));
  store_.fail(Step::sync, EIO, 3);
  submit(3);
  ASSERT_TRUE(wait_until_closed());
  store_.release(Step::sync_names);
  EXPECT_EQ(wait(1).status, Status::created) << "each of its own steps has succeeded";
  EXPECT_EQ(wait(2).status, Status::service_unavailable);
  EXPECT_EQ(wait(3).status, Status::internal_server_error);
  EXPECT_THAT(store_.files(), SizeIs(1));
}

TEST_F(CommitterTest, WhatStillWaitsWhenASyncFailsIsRefused) {
  start({.sync_threads = 1});
  store_.hold(Step::sync);
  store_.fail(Step::sync, EIO);
  submit(1);
  ASSERT_TRUE(store_.wait_until_held(Step::sync, 1));
  submit(2);
  submit(3);
  store_.release(Step::sync);
  EXPECT_EQ(wait(1).status, Status::internal_server_error);
  EXPECT_EQ(wait(2).status, Status::service_unavailable);
  EXPECT_EQ(wait(3).status, Status::service_unavailable);
  EXPECT_EQ(store_.calls(Step::sync), 1U);
}

TEST_F(CommitterTest, AFailedDirectorySyncTakesTheNamesBackAndIsNotRepeated) {
  start({.sync_threads = 1});
  store_.hold(Step::sync_names);
  submit(1);
  ASSERT_TRUE(store_.wait_until_held(Step::sync_names, 1));
  for (int i = 2; i <= 4; ++i) submit(i);
  ASSERT_TRUE(store_.wait_until_done(Step::sync, 4));
  store_.fail(Step::sync_names, EIO, 1, 100);
  store_.release(Step::sync_names);
  EXPECT_EQ(wait(1).status, Status::internal_server_error);
  for (int i = 2; i <= 4; ++i) EXPECT_EQ(wait(i).status, Status::service_unavailable);
  EXPECT_FALSE(committer_->open());
  EXPECT_EQ(store_.calls(Step::sync_names), 1U);
  EXPECT_EQ(store_.calls(Step::publish), 1U);
  EXPECT_THAT(store_.files(), IsEmpty());
  EXPECT_THAT(log_.lines(LogLevel::error), SizeIs(1));
}

TEST_F(CommitterTest, AFailedDirectorySyncFailsItsWholeBatch) {
  start();
  store_.hold(Step::sync);
  for (int i = 1; i <= 8; ++i) submit(i);
  ASSERT_TRUE(store_.wait_until_held(Step::sync, 8));
  store_.fail_every(Step::sync_names, EIO, 1);
  store_.release(Step::sync);
  for (int i = 1; i <= 8; ++i)
    EXPECT_THAT(wait(i).status, AnyOf(Status::internal_server_error, Status::service_unavailable));
  EXPECT_THAT(store_.files(), IsEmpty());
}

TEST_F(CommitterTest, SaysSoWhenANameCannotBeTakenBack) {
  start();
  store_.fail(Step::sync_names, EIO);
  store_.fail(Step::remove, EIO);
  EXPECT_EQ(upload(1).status, Status::internal_server_error);
  ASSERT_THAT(store_.files(), SizeIs(1));
  EXPECT_THAT(log_.lines(LogLevel::error),
              ElementsAre(HasSubstr(store_.files().begin()->first), HasSubstr("uploads are refused")));
}

TEST_F(CommitterTest, RefusesWhatWouldWaitTooLong) {
  start({.sync_threads = 1, .waiting_documents = 2});
  store_.hold(Step::sync);
  submit(1);
  ASSERT_TRUE(store_.wait_until_held(Step::sync, 1));
  EXPECT_EQ(submit(2).status, Status::continue_);
  EXPECT_EQ(submit(3).status, Status::continue_);
  const Response refused = submit(4);
  EXPECT_EQ(refused.status, Status::service_unavailable);
  EXPECT_EQ(refused.fields, "Retry-After: 5\r\n");
  store_.release(Step::sync);
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(wait(i).status, Status::created);
  EXPECT_EQ(upload(5).status, Status::created) << "there is room again";
  committer_->stop();
  EXPECT_EQ(mailbox_.size(), 0U) << "a refused upload is answered once";
}

TEST_F(CommitterTest, RefusesWhatWouldFillTheMemory) {
  const std::string content(10'000, ' ');
  start({.sync_threads = 1, .waiting_bytes = 25'000});
  store_.hold(Step::sync);
  submit(1, content);
  ASSERT_TRUE(store_.wait_until_held(Step::sync, 1));
  EXPECT_EQ(submit(2, content).status, Status::continue_);
  EXPECT_EQ(submit(3, content).status, Status::continue_);
  EXPECT_EQ(submit(4, content).status, Status::service_unavailable);
  store_.release(Step::sync);
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(wait(i).status, Status::created);
  EXPECT_EQ(upload(5, content).status, Status::created);
}

TEST_F(CommitterTest, HoldsABoundedNumberOfFilesOpen) {
  start({.sync_threads = 2, .synced_documents = 3});
  store_.hold(Step::sync_names);
  submit(1);
  ASSERT_TRUE(store_.wait_until_held(Step::sync_names, 1));
  for (int i = 2; i <= 50; ++i) submit(i);
  // One in the publisher's hands, three synced, and one in the hands of each of the crew.
  ASSERT_TRUE(store_.wait_until_done(Step::sync, 1 + 3 + 2));
  std::this_thread::sleep_for(milliseconds(20));  // if there were no bound, it would show now
  EXPECT_EQ(store_.staged_files(), 1U + 3U + 2U);
  store_.release(Step::sync_names);
  for (int i = 1; i <= 50; ++i) EXPECT_EQ(wait(i).status, Status::created);
}

TEST_F(CommitterTest, StopCommitsWhatWasSubmitted) {
  start({.sync_threads = 2, .synced_documents = 2});
  store_.hold(Step::sync);
  for (int i = 1; i <= 20; ++i) submit(i);
  store_.release(Step::sync);
  committer_->stop();
  EXPECT_FALSE(committer_->open());
  EXPECT_EQ(mailbox_.size(), 20U);
  for (int i = 1; i <= 20; ++i) EXPECT_EQ(wait(i).status, Status::created);
  EXPECT_EQ(submit(21).status, Status::service_unavailable);
  committer_->stop();  // a second time: nothing to do
}

/// Uploads from several threads at once; returns how many were answered 201. Every document is different.
class CommitterUnderLoad : public CommitterTest {
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
          if (upload(number, content(number)).status == Status::created)
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

  /// Answers so far that a power cut at that very moment would have made a lie.
  std::size_t lies_ = 0;
  void watch_for_lies() {
    mailbox_.on_answer = [this](ExchangeId exchange, const Response& response) {
      if (response.status != Status::created) return;
      const auto kept = store_.after_power_cut();
      const auto found = kept.find(response.log_fields.subject);
      if (found == kept.end() || found->second != content(static_cast<int>(exchange))) ++lies_;
    };
  }
};

TEST_F(CommitterUnderLoad, APowerCutAtAnyMomentLeavesEvery201WholeAndNothingPartial) {
  watch_for_lies();
  start();
  EXPECT_EQ(upload_from_all_sides(), static_cast<std::size_t>(kThreads * kEach));
  committer_->stop();
  EXPECT_EQ(lies_, 0U);
  EXPECT_EQ(store_.published_too_early(), 0U);
  std::set<std::string> contents;
  for (const auto& [name, content] : store_.files()) contents.insert(content);
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
    const std::size_t before = store_.files().size();
    store_.fail_every(step, code, 3);
    watch_for_lies();
    start();
    const std::size_t created = upload_from_all_sides();
    committer_->stop();
    EXPECT_EQ(lies_, 0U);
    EXPECT_EQ(store_.files().size() - before, created) << "no document without its 201";
    EXPECT_EQ(created == kThreads * kEach, code == EEXIST) << "a taken name is tried again, the others fail";
    EXPECT_EQ(store_.staged_files(), 0U);
    store_.fail_every(step, 0, 0);
  }
}

TEST_F(CommitterUnderLoad, AFailedSyncAtAnyMomentMakesNo201ALie) {
  for (const Step step : {Step::sync, Step::sync_names}) {
    for (const std::size_t nth : {1U, 2U, 5U, 17U}) {
      SCOPED_TRACE("step " + std::to_string(static_cast<int>(step)) + ", call " + std::to_string(nth));
      const std::size_t before = store_.files().size();
      store_.fail(step, EIO, store_.calls(step) + nth);
      watch_for_lies();
      start();
      const std::size_t created = upload_from_all_sides();
      EXPECT_FALSE(committer_->open());
      committer_->stop();
      EXPECT_EQ(lies_, 0U);
      EXPECT_EQ(store_.files().size() - before, created);
    }
  }
}

}  // namespace
}  // namespace bobbin::uploads

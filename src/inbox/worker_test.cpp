#include "inbox/worker.h"

#include <csignal>
#include <deque>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <utility>
#include <vector>

#include "inbox/test_inbox_folders.h"

// What a worker makes of outcomes. With commands and servers it is tested in tests/integration.
namespace bobbin::inbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// Outcomes in the order in which they are to come. When there are no more, the worker is told to end.
class ScriptedHandling final : public Handling {
 public:
  ScriptedHandling(std::size_t steps, std::deque<Outcome> outcomes)
      : steps_(steps), outcomes_(std::move(outcomes)) {}

  [[nodiscard]] Result<std::unique_ptr<Job>, std::string> begin(const ClaimedRecord&) override {
    return std::make_unique<ScriptedJob>(*this);
  }
  /// "STEP.NUMBER" of each attempt.
  [[nodiscard]] const std::vector<std::string>& attempts() const { return attempts_; }

 private:
  class ScriptedJob final : public Job {
   public:
    explicit ScriptedJob(ScriptedHandling& handling) : handling_(handling) {}
    [[nodiscard]] std::size_t steps() const override { return handling_.steps_; }
    [[nodiscard]] std::string name_of(std::size_t step) const override {
      return fmt::format("step {}", step);
    }
    [[nodiscard]] Result<Outcome, std::string> attempt(std::size_t step, std::size_t number,
                                                       StopSignals&) override {
      handling_.attempts_.push_back(fmt::format("{}.{}", step, number));
      Outcome outcome = std::move(handling_.outcomes_.front());
      handling_.outcomes_.pop_front();
      if (handling_.outcomes_.empty()) ::raise(SIGTERM);
      return outcome;
    }

   private:
    ScriptedHandling& handling_;
  };

  std::size_t steps_;
  std::deque<Outcome> outcomes_;
  std::vector<std::string> attempts_;
};

class WorkerTest : public testing::Test {
 protected:
  WorkerTest() : record_(inbox_.add(1)) {}

  /// Runs a worker that is told to end with the last of these outcomes; returns the attempts.
  std::vector<std::string> run(std::size_t steps, std::deque<Outcome> outcomes, std::size_t pauses = 1) {
    ScriptedHandling handling(steps, std::move(outcomes));
    auto stop = StopSignals::block();
    EXPECT_TRUE(stop) << stop.error();
    const RecordFolders folders = inbox_.open();
    const WorkerOptions options{.consumer = "me",
                                .retry = RetrySchedule(std::vector<milliseconds>(pauses, milliseconds(1)))};
    result_ = run_worker(folders, options, handling, *stop,
                         [this](const std::string& message) { told_.push_back(message); });
    return handling.attempts();
  }
  /// In which folder the record is.
  [[nodiscard]] std::string place() const {
    for (const char* folder : {"new", "work", "done", "failed"})
      if (!inbox_.names(folder).empty()) return folder;
    return "nowhere";
  }

  TestInboxFolders inbox_;
  std::string record_;
  std::vector<std::string> told_;
  Result<void, std::string> result_;
};

TEST_F(WorkerTest, ARecordIsDoneWhenAllStepsHaveSucceeded) {
  EXPECT_THAT(run(3, {Succeeded(), Succeeded(), Succeeded()}), ElementsAre("0.1", "1.1", "2.1"));
  EXPECT_EQ(place(), "done");
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(WorkerTest, EachStepHasItsOwnAttempts) {
  EXPECT_THAT(run(2, {Failed{"a"}, Failed{"b"}, Succeeded(), Failed{"c"}, Succeeded()}, 2),
              ElementsAre("0.1", "0.2", "0.3", "1.1", "1.2"));
  EXPECT_EQ(place(), "done");
  EXPECT_THAT(told_, ElementsAre(HasSubstr(", step 0: attempt 1 of 3: a; again in 0 s"),
                                 HasSubstr(", step 0: attempt 2 of 3: b; again in 0 s"),
                                 HasSubstr(", step 1: attempt 1 of 3: c; again in 0 s")));
}

TEST_F(WorkerTest, ARecordWithAStepThatFailsIsFailedWhenTheOthersAreTaken) {
  EXPECT_THAT(run(3, {Hopeless{"a"}, Failed{"b"}, Failed{"c"}, Succeeded()}),
              ElementsAre("0.1", "1.1", "1.2", "2.1"));
  EXPECT_EQ(place(), "failed");
  const std::string claim = "work/me." + record_;
  EXPECT_THAT(told_,
              ElementsAre(claim + ", step 0: attempt 1 of 2: a, which says that another attempt is of no use",
                          StartsWith(claim + ", step 1: attempt 1 of 2: b; again in"),
                          claim + ", step 1: attempt 2 of 2: c",
                          "failed/" + record_ + ": of its 3 records 2 have failed"));
}

TEST_F(WorkerTest, ARecordWithStepsLeftIsGivenBack) {
  EXPECT_THAT(run(3, {Succeeded(), Hopeless{"a"}}), ElementsAre("0.1", "1.1"));
  EXPECT_EQ(place(), "new");
  EXPECT_EQ(told_.back(), "new/" + record_ + " is given out again, since this worker was told to end");
}

TEST_F(WorkerTest, ARecordWithAttemptsLeftIsGivenBack) {
  EXPECT_THAT(run(1, {Failed{"a"}}), ElementsAre("0.1"));
  EXPECT_EQ(place(), "new");
  EXPECT_THAT(told_, ElementsAre("new/" + record_ + ": attempt 1 of 2: a"));
}

TEST_F(WorkerTest, WhatHasFailedForTheLastTimeIsFailedAlsoAtTheEnd) {
  EXPECT_THAT(run(1, {Failed{"a"}, Failed{"b"}}), ElementsAre("0.1", "0.2"));
  EXPECT_EQ(place(), "failed");
}

TEST_F(WorkerTest, WithoutPausesThereIsOneAttempt) {
  EXPECT_THAT(run(1, {Failed{"a"}}, 0), ElementsAre("0.1"));
  EXPECT_EQ(place(), "failed");
  EXPECT_THAT(told_, ElementsAre("failed/" + record_ + ": a"));
}

TEST_F(WorkerTest, WhatWasInterruptedIsGivenBack) {
  EXPECT_THAT(run(1, {Interrupted{"a"}}, 0), ElementsAre("0.1"));
  EXPECT_EQ(place(), "new");
  EXPECT_THAT(told_, ElementsAre("new/" + record_ + ": a"));
}

TEST_F(WorkerTest, AWorkerThatIsUnableGivesTheRecordBackAndEnds) {
  EXPECT_THAT(run(1, {Unable{"\"x\" cannot be started", "no"}, Succeeded()}), ElementsAre("0.1"));
  EXPECT_EQ(place(), "new");
  ASSERT_FALSE(result_);
  EXPECT_EQ(result_.error(), "\"x\" cannot be started, and new/" + record_ + " is given out again: no");
}

TEST_F(WorkerTest, APauseIsAsLongAsTheOutcomeAsksFor) {
  const auto start = monotonic_now();
  EXPECT_THAT(run(1, {Failed{"a", milliseconds(30)}, Succeeded()}), ElementsAre("0.1", "0.2"));
  EXPECT_GE(monotonic_now() - start, milliseconds(30));
}

}  // namespace
}  // namespace bobbin::inbox

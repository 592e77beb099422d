#include "http/http1/response_queue.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "http/test_source.h"

namespace bobbin::http::http1 {
namespace {

using Coding = ResponseQueue::Coding;

class ResponseQueueTest : public testing::Test {
 protected:
  void add(std::string head, std::string content) {
    queue.begin(pace, now).content_length_bytes = content.size();
    queue.text() += head;
    queue.begin_content();
    queue.add(std::move(content));
    queue.end();
  }
  std::shared_ptr<SourceScript> add(std::vector<SourceScript::Step> steps, Coding coding,
                                    std::optional<std::uint64_t> size = std::nullopt) {
    auto script = std::make_shared<SourceScript>(SourceScript{.size_bytes = size, .steps = std::move(steps)});
    static_cast<void>(queue.begin(pace, now));
    queue.text() += "head ";
    queue.begin_content();
    queue.add_source(std::make_unique<ScriptedSource>(script), coding);
    return script;
  }
  /// Takes at most `most` bytes of what is offered, of a file a letter for each. False: nothing was offered.
  bool take(std::size_t most = 1'000'000) {
    const Outgoing out = queue.front(now);
    std::string offered;
    for (const Bytes piece : out.bytes) offered += as_text(piece);
    if (out.file != nullptr) offered.append(out.file->length, 'f');
    offered = offered.substr(0, most);
    sent += offered;
    if (!offered.empty()) queue.sent(offered.size());
    while (const ExchangeSummary* summary = queue.pop_completed()) completed.push_back(*summary);
    return !offered.empty();
  }
  void take_all(std::size_t step = 1'000'000) {
    while (take(step)) {
    }
  }

  PaceSettings pace;
  Instant now{seconds(1'000'000)};
  ResponseQueue queue;
  std::string sent;
  std::vector<ExchangeSummary> completed;
};

TEST_F(ResponseQueueTest, ResponsesThatAreThereLeaveTogetherAndAreCompletedOneByOne) {
  add("one ", "1111");
  add("two ", "22");
  EXPECT_EQ(queue.responses(), 2U);
  EXPECT_TRUE(take(6));
  EXPECT_EQ(completed.size(), 0U);
  EXPECT_TRUE(take(3));
  ASSERT_EQ(completed.size(), 1U);
  EXPECT_EQ(completed[0].content_bytes, 4U);
  take_all();
  EXPECT_EQ(sent, "one 1111two 22");
  EXPECT_EQ(completed.size(), 2U);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.deadline(pace), kNever);
}

// RFC 9112 §7.1
TEST_F(ResponseQueueTest, AnUnknownLengthIsChunked) {
  for (const std::size_t step : {1UL, 3UL, 1000UL}) {
    sent.clear();
    completed.clear();
    add({"hello", std::string(20, 'x'), FilePiece{.descriptor = 3, .offset = 0, .length = 300}},
        Coding::chunked);
    take_all(step);
    EXPECT_EQ(sent, "head 5\r\nhello\r\n14\r\n" + std::string(20, 'x') + "\r\n12c\r\n" +
                        std::string(300, 'f') + "\r\n0\r\n\r\n");
    ASSERT_EQ(completed.size(), 1U) << step;
    EXPECT_EQ(completed[0].content_bytes, 325U) << "the chunks' framing is no content";
    EXPECT_TRUE(queue.empty());
  }
}

TEST_F(ResponseQueueTest, AKnownLengthIsSentAsItIs) {
  add({"hello", std::string(5000, 'L')}, Coding::length, 5005);
  take_all(7);
  EXPECT_EQ(sent, "head hello" + std::string(5000, 'L'));
  ASSERT_EQ(completed.size(), 1U);
  EXPECT_EQ(completed[0].content_bytes, 5005U);

  add("head ", "content");
  take_all();
  ASSERT_EQ(completed.size(), 2U);
  EXPECT_EQ(completed[1].content_bytes, 7U) << "nothing is left of the source";
}

TEST_F(ResponseQueueTest, ASourceThatKeepsNotToItsLengthHasFailed) {
  for (const std::uint64_t announced : {4U, 6U}) {
    add({"hello"}, Coding::length, announced);
    take_all();
    EXPECT_TRUE(queue.failure()) << announced;
    EXPECT_EQ(completed.size(), 0U);
    queue.clear();
  }
}

TEST_F(ResponseQueueTest, TheHeadLeavesWithTheFirstPieceAndAlsoWhileTheSourceWaits) {
  add({"hello", Wait{}, "more"}, Coding::chunked);
  EXPECT_TRUE(take());
  EXPECT_EQ(sent, "head 5\r\nhello\r\n");
  EXPECT_FALSE(take());
  EXPECT_TRUE(queue.waits());
  queue.resume(now);
  take_all();
  EXPECT_EQ(sent, "head 5\r\nhello\r\n4\r\nmore\r\n0\r\n\r\n");

  sent.clear();
  add({Wait{}}, Coding::chunked);
  EXPECT_TRUE(take());
  EXPECT_EQ(sent, "head ");
}

TEST_F(ResponseQueueTest, WaitingForTheSourceIsNotHeldAgainstTheClient) {
  add({"hello", Wait{}, "more"}, Coding::chunked);
  now += seconds(4);
  EXPECT_EQ(queue.deadline(pace), now + seconds(6));
  take_all();
  EXPECT_EQ(queue.deadline(pace), now + pace.stall) << "nobody waits for a source for ever";
  now += seconds(50);
  queue.resume(now);
  EXPECT_EQ(queue.deadline(pace), now + seconds(6));
}

TEST_F(ResponseQueueTest, OnlyWhatTheClientsTcpHasAcknowledgedIsProgress) {
  add("head ", std::string(100'000, 'x'));
  take(50'000);
  now += seconds(5);
  queue.unacknowledged(50'000, pace, now);
  EXPECT_EQ(queue.deadline(pace), now + seconds(5)) << "the kernel has them, the client not";
  queue.unacknowledged(49'000, pace, now);
  EXPECT_EQ(queue.deadline(pace), now + seconds(7)) << "1,000 bytes are 2 s";
  queue.unacknowledged(0, pace, now);
  EXPECT_EQ(queue.deadline(pace), now + pace.grace) << "no more is kept than the grace";
}

TEST_F(ResponseQueueTest, AFreshQueueCountsNothingOfTheOneBefore) {
  add("head ", std::string(1000, 'x'));
  take_all();
  queue.reset();
  add("head ", std::string(1000, 'x'));
  now += seconds(5);
  queue.unacknowledged(0, pace, now);
  EXPECT_EQ(queue.deadline(pace), now + seconds(5)) << "nothing of this one has left";
}

TEST_F(ResponseQueueTest, ItIsTimeToLookAfterAPartOfTheLongestPause) {
  add("one ", "1111");
  EXPECT_EQ(queue.next_look(pace), now + pace.stall / 8);
  take_all();
  EXPECT_EQ(queue.next_look(pace), kNever);
  now += seconds(100);
  add("two ", "2222");
  EXPECT_EQ(queue.next_look(pace), now + pace.stall / 8);
  now += seconds(1);
  queue.looked(now);
  EXPECT_EQ(queue.next_look(pace), now + pace.stall / 8);
}

TEST_F(ResponseQueueTest, AFailureIsToldAndWhatIsUnfinishedCanBeReported) {
  add("one ", "1");
  add({"hello", Failed{"the disk is gone"}}, Coding::chunked);
  take(10);
  take_all();
  ASSERT_TRUE(queue.failure());
  EXPECT_EQ(*queue.failure(), "the disk is gone");
  ASSERT_EQ(completed.size(), 1U);
  const ExchangeSummary* unfinished = queue.pop_unfinished();
  ASSERT_NE(unfinished, nullptr);
  EXPECT_EQ(unfinished->content_bytes, 5U);
  EXPECT_EQ(queue.pop_unfinished(), nullptr);
}

TEST_F(ResponseQueueTest, ASourceIsToldWhenItsClientHasGoneAndNotWhenItHasEnded) {
  const auto left = add({"hello", Wait{}}, Coding::chunked);
  take_all();
  queue.clear();
  EXPECT_TRUE(left->cancelled && left->destroyed);

  const auto ended = add({"hello"}, Coding::chunked);
  take_all();
  EXPECT_TRUE(ended->destroyed && !ended->cancelled);

  const auto failed = add({Failed{"why"}}, Coding::chunked);
  take();
  ASSERT_TRUE(queue.failure());
  queue.clear();
  EXPECT_TRUE(failed->destroyed && !failed->cancelled);
}

TEST_F(ResponseQueueTest, AQueueThatNeverRunsEmptyDoesNotGrow) {
  add("head ", "content");
  for (int i = 0; i < 10'000; ++i) {
    add("head ", "content");
    ASSERT_TRUE(take(12));
    ASSERT_EQ(queue.responses(), 1U);
  }
  EXPECT_EQ(completed.size(), 10'000U);
}

}  // namespace
}  // namespace bobbin::http::http1

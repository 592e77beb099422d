#include <gtest/gtest.h>

#include "http/http2/session_driver.h"

// The content of requests: who receives it, and how the windows of flow control follow.
namespace bobbin::http::http2 {
namespace {

TEST(Http2Session, ContentReachesTheReceiver) {
  for (const bool with_length : {true, false}) {
    SessionDriver driver;
    std::vector<Header> further;
    if (with_length) further.emplace_back("content-length", "100000");
    const auto stream = driver.client.post("/x", further);
    driver.client.send_content(stream, std::string(100'000, 'x'));
    driver.exchange();
    EXPECT_EQ(driver.client.response(stream).status(), "201");
    EXPECT_EQ(driver.events.back(), "content 100000 " + std::string(40, 'x'));
  }
}

TEST(Http2Session, ContentThatIsNotAsLongAsAnnouncedIsAStreamError) {
  SessionDriver driver;
  for (const std::string_view length : {"3", "5"}) {
    const auto stream = driver.client.post("/x", {{"content-length", std::string(length)}});
    driver.client.send_content(stream, "four");
    driver.exchange();
    EXPECT_EQ(driver.client.response(stream).reset_code, NGHTTP2_PROTOCOL_ERROR);
  }
  EXPECT_EQ(driver.handler().cancelled, 2);
  ASSERT_EQ(driver.summaries.size(), 2U);
  EXPECT_EQ(driver.summaries[0].outcome, Outcome::client_left);
}

TEST(Http2Session, TrailersAreDropped) {
  SessionDriver driver;
  const auto stream = driver.client.post("/x");
  driver.client.send_content(stream, "abc", false);
  driver.exchange();
  driver.client.send_trailer(stream);
  driver.exchange();
  EXPECT_EQ(driver.client.response(stream).status(), "201");
  EXPECT_EQ(driver.events.back(), "content 3 abc");
}

TEST(Http2Session, Says100ContinueToAClientThatWaitsForIt) {
  SessionDriver driver;
  const auto stream = driver.client.post("/x", {{"expect", "100-continue"}, {"content-length", "2"}});
  driver.exchange();
  EXPECT_EQ(driver.client.response(stream).interim, std::vector<int>{100});
  driver.client.send_content(stream, "ab");
  driver.exchange();
  EXPECT_EQ(driver.client.response(stream).status(), "201");

  const auto refused = driver.client.post("/missing", {{"expect", "100-continue"}, {"content-length", "2"}});
  driver.exchange();
  EXPECT_TRUE(driver.client.response(refused).interim.empty());
  EXPECT_EQ(driver.client.response(refused).status(), "404");
}

// RFC 9113 §8.1: a complete answer, and RST_STREAM with NO_ERROR when the client goes on for too long.
TEST(Http2Session, ContentThatIsTooLargeIsAnsweredEarly) {
  SessionDriver driver({.maximum_content_bytes = 1000});
  const auto announced = driver.client.post("/x", {{"content-length", "1001"}});
  driver.exchange();
  EXPECT_EQ(driver.client.response(announced).status(), "413");
  EXPECT_TRUE(driver.client.response(announced).ended);
  EXPECT_EQ(driver.summaries.size(), 1U) << "it is over for the log";
  driver.advance(milliseconds(1999));
  EXPECT_EQ(driver.client.response(announced).reset_code, -1);
  driver.advance(milliseconds(1));
  EXPECT_EQ(driver.client.response(announced).reset_code, kNoError);

  const auto found = driver.client.post("/x");
  driver.client.send_content(found, std::string(1001, 'x'), false);
  driver.exchange();
  EXPECT_EQ(driver.client.response(found).status(), "413");
  EXPECT_EQ(driver.handler().cancelled, 2);
  const auto next = driver.client.get("/");
  driver.exchange();
  EXPECT_EQ(driver.client.response(next).status(), "200");
}

// curl 7.88 does not tell of an answer that a reset follows at once, and httpx sends all before it looks for
// one.
TEST(Http2Session, AClientMayFinishSendingWhatIsNotWanted) {
  SessionDriver driver({.maximum_content_bytes = 1000});
  const auto stream = driver.client.post("/x", {{"content-length", "5000000"}});
  driver.client.send_content(stream, std::string(5'000'000, 'x'));
  driver.exchange();
  EXPECT_EQ(driver.client.response(stream).status(), "413");
  EXPECT_EQ(driver.client.response(stream).reset_code, -1);
  ASSERT_EQ(driver.summaries.size(), 1U);
  EXPECT_EQ(driver.summaries[0].outcome, Outcome::completed);
  EXPECT_TRUE(driver.session().is_idle()) << "all of it has been taken, and the stream is over";
  driver.advance(seconds(3));
  EXPECT_EQ(driver.client.response(stream).reset_code, -1);
  EXPECT_EQ(driver.summaries.size(), 1U);
}

TEST(Http2Session, SmallContentIsReadBeforeAnAnswerThatDoesNotNeedIt) {
  SessionDriver driver;
  const auto stream = driver.client.post("/missing", {{"content-length", "4"}});
  driver.exchange();
  EXPECT_EQ(driver.client.response(stream).status(), "none");
  driver.client.send_content(stream, "four");
  driver.exchange();
  EXPECT_EQ(driver.client.response(stream).status(), "404");
  EXPECT_EQ(driver.client.response(stream).reset_code, -1);
}

// Flow control is how Wait reaches the client.
TEST(Http2Session, AReceiverThatWaitsClosesTheWindowOfItsStreamAlone) {
  SessionDriver driver;
  const auto waiting = driver.client.post("/waits");
  driver.client.send_content(waiting, std::string(300'000, 'w'));
  const auto other = driver.client.post("/x");
  driver.client.send_content(other, std::string(300'000, 'x'));
  driver.exchange();
  EXPECT_EQ(driver.client.window(waiting), 0);
  EXPECT_EQ(driver.client.response(waiting).status(), "none");
  EXPECT_EQ(driver.client.response(other).status(), "201");
  driver.resume(waiting);
  EXPECT_EQ(driver.client.response(waiting).status(), "201");
  EXPECT_EQ(driver.events.back(), "content 300000 " + std::string(40, 'w'));
}

TEST(Http2Session, AReceiverThatIsResumedMayWaitAgainBeforeItGetsMore) {
  SessionDriver driver;
  int resumed = 0;
  driver.handler().when_resumed = [&]() -> Intake {
    if (++resumed < 3) return Wait{};
    return Accepted{};
  };
  const auto waiting = driver.client.post("/waits");
  driver.client.send_content(waiting, std::string(300'000, 'w'));
  driver.exchange();
  for (int i = 1; i < 3; ++i) {
    driver.resume(waiting);
    EXPECT_EQ(resumed, i);
    EXPECT_EQ(driver.client.window(waiting), 0);
    EXPECT_EQ(driver.client.response(waiting).status(), "none");
  }
  driver.resume(waiting);
  EXPECT_EQ(driver.client.response(waiting).status(), "201");
  EXPECT_EQ(driver.events.back(), "content 300000 " + std::string(40, 'w'));
}

TEST(Http2Session, AReceiverThatIsResumedMayRefuse) {
  SessionDriver driver;
  driver.handler().when_resumed = [] {
    return Response::error(Status::content_too_large, "It was too much after all.");
  };
  for (const bool has_ended : {true, false}) {
    const auto waiting = driver.client.post("/waits");
    driver.client.send_content(waiting, std::string(300'000, 'w'), has_ended);
    driver.exchange();
    driver.resume(waiting);
    EXPECT_EQ(driver.client.response(waiting).status(), "413");
  }
  const auto stream = driver.client.post("/x");
  driver.client.send_content(stream, std::string(200'000, 'x'));
  driver.exchange();
  EXPECT_EQ(driver.client.response(stream).status(), "201") << "the window of the connection is open";
}

TEST(Http2Session, StreamsThatEndEarlyDoNotUseTheWindowOfTheConnectionUp) {
  SessionDriver driver;
  for (int i = 0; i < 40; ++i) {
    const auto waiting = driver.client.post("/waits");
    driver.client.send_content(waiting, std::string(60'000, 'w'), false);
    driver.exchange();
    driver.client.reset(waiting);
    driver.exchange();
  }
  const auto stream = driver.client.post("/x");
  driver.client.send_content(stream, std::string(200'000, 'x'));
  driver.exchange();
  EXPECT_EQ(driver.client.response(stream).status(), "201");
}

TEST(Http2Session, AResetCancelsTheExchange) {
  SessionDriver driver;
  const auto receiving = driver.client.post("/x");
  const auto pending = driver.client.get("/pending");
  driver.exchange();
  EXPECT_TRUE(driver.session().awaits_reply());
  driver.client.reset(receiving);
  driver.client.reset(pending);
  driver.exchange();
  EXPECT_EQ(driver.handler().cancelled, 2);
  EXPECT_FALSE(driver.session().awaits_reply());
  EXPECT_FALSE(driver.resolve(pending, Response::error(Status::not_found, "")));
  ASSERT_EQ(driver.summaries.size(), 2U);
  EXPECT_EQ(driver.summaries[1].outcome, Outcome::client_left);
}

}  // namespace
}  // namespace bobbin::http::http2

#include <gtest/gtest.h>

#include "http/http2/session_driver.h"

// The deadlines of streams and of their connection.
namespace bobbin::http::http2 {
namespace {

TEST(Http2Session, AnIdleConnectionIsToldToGo) {
  SessionDriver driver;
  const auto stream = driver.client.get("/");
  driver.exchange();
  EXPECT_EQ(driver.session().deadline(), driver.now + seconds(31));
  driver.advance(seconds(31));
  ASSERT_EQ(driver.client.farewells.size(), 1U);
  EXPECT_EQ(driver.client.farewells[0], std::make_pair(stream, kNoError));
  EXPECT_TRUE(driver.session().is_lingering());
  EXPECT_TRUE(driver.session().timed_out());
  driver.advance(seconds(2));
  EXPECT_TRUE(driver.session().finished());
}

TEST(Http2Session, APingDoesNotMakeAConnectionLessIdle) {
  SessionDriver driver;
  static_cast<void>(driver.client.get("/"));
  driver.exchange();
  for (int i = 0; i < 6; ++i) {
    driver.client.ping();
    driver.exchange();
    driver.advance(seconds(5));
  }
  driver.advance(seconds(1));
  EXPECT_TRUE(driver.session().is_lingering());
}

TEST(Http2Session, TheFirstRequestMustComeInTime) {
  SessionDriver driver;
  driver.exchange();
  EXPECT_EQ(driver.session().deadline(), driver.now + seconds(10));
  driver.advance(seconds(10));
  EXPECT_TRUE(driver.session().is_lingering());
}

TEST(Http2Session, AHeadInPiecesMustEndInTime) {
  SessionDriver driver;
  static_cast<void>(driver.client.get("/"));
  driver.exchange();
  // HEADERS without END_HEADERS (RFC 9113 §6.2), with :method GET.
  driver.feed(std::string("\0\0\1\1\1\0\0\0\3\x82", 10));
  EXPECT_EQ(driver.session().deadline(), driver.now + seconds(10));
  driver.advance(seconds(10));
  EXPECT_TRUE(driver.session().timed_out());
  EXPECT_TRUE(driver.session().is_lingering());
}

TEST(Http2Session, ContentThatStopsComingIsAnswered408OnItsStream) {
  SessionDriver driver({.pace = {.minimum_rate = 0}});
  const auto slow = driver.client.post("/x");
  driver.client.send_content(slow, "abc", false);
  driver.exchange();
  driver.advance(seconds(59));
  const auto other = driver.client.get("/");
  driver.exchange();
  EXPECT_EQ(driver.client.response(slow).status(), "none");
  driver.advance(seconds(1));
  EXPECT_EQ(driver.client.response(slow).status(), "408");
  EXPECT_EQ(driver.client.response(other).status(), "200");
  EXPECT_EQ(driver.handler().cancelled, 1);
  EXPECT_FALSE(driver.session().timed_out());
}

TEST(Http2Session, AReceiverThatNeverGoesOnIsNotWaitedForForEver) {
  SessionDriver driver;
  const auto stream = driver.client.post("/waits");
  driver.client.send_content(stream, "abc");
  driver.exchange();
  driver.advance(seconds(59));
  EXPECT_EQ(driver.client.response(stream).status(), "none") << "the client is not slow";
  driver.advance(seconds(1));
  EXPECT_EQ(driver.client.response(stream).status(), "408");
}

TEST(Http2Session, ContentMustKeepUpTheMinimumRate) {
  SessionDriver driver;
  const auto slow = driver.client.post("/x");
  driver.exchange();
  for (int i = 0; i < 9; ++i) {
    driver.client.send_content(slow, "x", false);
    driver.exchange();
    driver.advance(seconds(1));
  }
  EXPECT_EQ(driver.client.response(slow).status(), "none");
  driver.advance(seconds(2));
  EXPECT_EQ(driver.client.response(slow).status(), "408");
}

TEST(Http2Session, AStreamWhoseWindowStaysClosedIsReset) {
  SessionDriver driver({.pace = {.minimum_rate = 0}}, 10);
  const auto stream = driver.client.get("/long");
  driver.exchange();
  driver.advance(seconds(59));
  EXPECT_EQ(driver.client.response(stream).reset_code, -1);
  driver.advance(seconds(1));
  EXPECT_TRUE(driver.session().finished() || driver.client.response(stream).reset_code == NGHTTP2_CANCEL);
  ASSERT_EQ(driver.summaries.size(), 1U);
  EXPECT_EQ(driver.summaries[0].outcome, Outcome::timed_out);
}

TEST(Http2Session, AClientThatAcknowledgesNothingIsCutOff) {
  SessionDriver driver;
  static_cast<void>(driver.client.get("/long"));
  driver.stalled = true;
  driver.exchange();
  driver.advance(seconds(10));
  EXPECT_TRUE(driver.session().finished());
  EXPECT_TRUE(driver.session().timed_out());
  EXPECT_EQ(driver.summaries.at(0).outcome, Outcome::timed_out);
}

TEST(Http2Session, ASourceThatWaitsForTooLongIsCutShort) {
  SessionDriver driver;
  driver.handler().source = script(6, {"abc", Wait{}});
  const auto stream = driver.client.get("/source");
  driver.exchange();
  driver.advance(seconds(59));
  EXPECT_FALSE(driver.session().finished()) << "it is not the client that is slow";
  EXPECT_TRUE(driver.summaries.empty());
  driver.advance(seconds(1));
  EXPECT_EQ(driver.client.response(stream).reset_code, NGHTTP2_CANCEL);
  EXPECT_EQ(driver.summaries.at(0).outcome, Outcome::cut_short);
}

}  // namespace
}  // namespace bobbin::http::http2

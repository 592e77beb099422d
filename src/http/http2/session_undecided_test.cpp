#include <gtest/gtest.h>

#include "http/http2/session_driver.h"

// Requests of which the handler does not know at once what becomes of them.
namespace bobbin::http::http2 {
namespace {

TEST(Http2Session, AnUndecidedRequestIsAskedAboutAgain) {
  SessionDriver driver;
  const auto undecided = driver.client.get("/undecided");
  const auto prepared = driver.client.get("/undecided/prepared");
  const auto other = driver.client.get("/");
  driver.exchange();
  EXPECT_EQ(driver.client.response(other).status(), "200") << "no other stream waits for it";
  driver.resume(undecided);
  EXPECT_EQ(driver.client.response(undecided).status(), "none") << "it is still not known";
  driver.handler().decides = true;
  driver.advance(seconds(1));
  driver.resume(undecided);
  driver.resume(prepared);
  EXPECT_EQ(driver.client.response(undecided).content, "hello");
  EXPECT_EQ(driver.client.response(prepared).content, "hello");
  ASSERT_EQ(driver.summaries.size(), 3U);
  EXPECT_EQ(driver.summaries[1].log_fields.request_line, "GET /undecided HTTP/2.0");
  EXPECT_EQ(driver.summaries[1].log_fields.user, "alice");
  EXPECT_EQ(driver.summaries[1].started + seconds(1), driver.now) << "the wait is a part of the exchange";
  EXPECT_FALSE(driver.session().awaits_reply());
}

TEST(Http2Session, ContentOfAnUndecidedRequestIsHeldByItsWindow) {
  SessionDriver driver;
  const auto undecided = driver.client.post("/undecided");
  driver.client.send_content(undecided, std::string(300'000, 'u'));
  const auto small = driver.client.post("/undecided");
  driver.client.send_content(small, "small");
  const auto other = driver.client.post("/x");
  driver.client.send_content(other, std::string(300'000, 'x'));
  driver.exchange();
  EXPECT_EQ(driver.client.window(undecided), 0);
  EXPECT_EQ(driver.client.response(other).status(), "201");
  driver.handler().decides = true;
  driver.resume(undecided);
  EXPECT_EQ(driver.client.response(undecided).status(), "201");
  EXPECT_EQ(driver.events.back(), "content 300000 " + std::string(40, 'u'));
  driver.resume(small);
  EXPECT_EQ(driver.events.back(), "content 5 small");
}

// RFC 9110 §10.1.1
TEST(Http2Session, AnUndecidedRequestIsToldToContinueWhenItsContentIsWanted) {
  SessionDriver driver;
  const std::vector<Header> expecting{{"expect", "100-continue"}, {"content-length", "4"}};
  const auto wanted = driver.client.post("/undecided", expecting);
  const auto refused = driver.client.post("/undecided/refused", expecting);
  driver.exchange();
  EXPECT_TRUE(driver.client.response(wanted).interim.empty());
  driver.handler().decides = true;
  driver.resume(wanted);
  driver.resume(refused);
  EXPECT_EQ(driver.client.response(wanted).interim, std::vector<int>{100});
  EXPECT_TRUE(driver.client.response(refused).interim.empty());
  EXPECT_EQ(driver.client.response(refused).status(), "403");
  driver.client.send_content(wanted, "four");
  driver.exchange();
  EXPECT_EQ(driver.client.response(wanted).status(), "201");
}

TEST(Http2Session, UndecidedRequestsThatEndEarlyDoNotUseTheWindowOfTheConnectionUp) {
  SessionDriver driver;
  for (int i = 0; i < 40; ++i) {
    const auto reset = driver.client.post("/undecided");
    driver.client.send_content(reset, std::string(20'000, 'r'), false);
    const auto late = driver.client.post("/undecided");
    driver.client.send_content(late, std::string(20'000, 'l'));
    const auto refused = driver.client.post("/undecided/refused");
    driver.client.send_content(refused, std::string(20'000, 'f'));
    driver.exchange();
    driver.client.reset(reset);
    driver.exchange();
    driver.handler().decides = true;
    driver.resume(refused);
    driver.handler().decides = false;
    driver.advance(seconds(7));
    EXPECT_EQ(driver.client.response(late).status(), "503");
    EXPECT_EQ(driver.client.response(refused).status(), "403");
  }
  const auto stream = driver.client.post("/x");
  driver.client.send_content(stream, std::string(200'000, 'x'));
  driver.exchange();
  EXPECT_EQ(driver.client.response(stream).status(), "201");
}

}  // namespace
}  // namespace bobbin::http::http2

#include <gtest/gtest.h>

#include "http/http1/session_driver.h"

// Requests of which the handler does not know at once what becomes of them.
namespace bobbin::http::http1 {
namespace {

constexpr std::string_view kUndecided = "GET /undecided HTTP/1.1\r\nHost: a\r\n\r\n";

class SessionUndecided : public testing::Test {
 protected:
  void decide() {
    driver.handler().decides = true;
    driver.resume();
  }
  [[nodiscard]] std::size_t answers(std::string_view status) const {
    return count(driver.sent, "HTTP/1.1 " + std::string(status));
  }
  SessionDriver driver;
};

TEST_F(SessionUndecided, AreAskedAboutAgainAndThenAnsweredInOrder) {
  driver.feed(std::string(kUndecided) + std::string(kGet));
  driver.feed(kGet);
  EXPECT_FALSE(driver.session().wants_input()) << "what follows stays in the socket";
  EXPECT_EQ(driver.session().state_name(), "awaiting");
  EXPECT_EQ(driver.sent, "");
  driver.resume();
  EXPECT_EQ(driver.sent, "") << "it is still not known";
  driver.advance(seconds(1));
  decide();
  EXPECT_EQ(answers("200"), 3U);
  ASSERT_EQ(driver.summaries.size(), 3U);
  EXPECT_EQ(driver.summaries[0].log_fields.request_line, "GET /undecided HTTP/1.1");
  EXPECT_EQ(driver.summaries[0].log_fields.user, "alice");
  EXPECT_EQ(driver.summaries[1].log_fields.user, "");
  EXPECT_EQ(driver.summaries[0].started + seconds(1), driver.now) << "the wait is a part of the exchange";
  EXPECT_TRUE(driver.session().is_idle());
}

TEST_F(SessionUndecided, MayBeGivenAPreparedAnswer) {
  driver.feed("GET /prepared HTTP/1.1\r\nHost: a\r\n\r\n");
  driver.feed("GET /undecided/prepared HTTP/1.1\r\nHost: a\r\n\r\n");
  decide();
  EXPECT_EQ(answers("200"), 2U);
  EXPECT_EQ(driver.summaries[1].log_fields.user, "alice");
}

TEST_F(SessionUndecided, HaveTheirContentTakenAfterTheDecision) {
  driver.feed("POST /undecided HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n123");
  EXPECT_FALSE(driver.session().wants_input());
  decide();
  driver.feed("45");
  EXPECT_EQ(driver.events()[2], "content 5 12345");
  EXPECT_EQ(answers("201"), 1U);
}

TEST_F(SessionUndecided, MayHaveNoContentWhereSomeIsTaken) {
  driver.feed("POST /undecided HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n" + std::string(kGet));
  decide();
  EXPECT_EQ(driver.events()[2], "content 0 ");
  EXPECT_EQ(answers("201"), 1U);
  EXPECT_EQ(answers("200"), 1U);
}

// RFC 9110 §10.1.1
TEST_F(SessionUndecided, AreAskedToContinueOnlyWhenTheContentIsWanted) {
  const auto post = [](std::string_view target) {
    return "POST " + std::string(target) +
           " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
  };
  driver.feed(post("/undecided"));
  EXPECT_EQ(driver.sent, "");
  decide();
  EXPECT_EQ(driver.sent, "HTTP/1.1 100 Continue\r\n\r\n");
  driver.feed("12345");
  EXPECT_EQ(answers("201"), 1U);

  driver.handler().decides = false;
  driver.feed(post("/undecided/refused"));
  decide();
  EXPECT_EQ(answers("100"), 1U);
  EXPECT_EQ(answers("403"), 1U);
}

// RFC 9112 §9.3: content that was not read must not be taken for the next request.
TEST_F(SessionUndecided, WhenRefusedLeaveNoContentBehind) {
  driver.feed("POST /undecided/refused HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345" +
              std::string(kGet));
  decide();
  EXPECT_EQ(answers("403"), 1U);
  EXPECT_EQ(answers("200"), 1U) << "a little content is read first";

  SessionDriver large;
  large.feed("POST /undecided/refused HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" +
             std::string(kGet));
  large.handler().decides = true;
  large.resume();
  EXPECT_EQ(count(large.sent, "HTTP/1.1 "), 1U);
  EXPECT_NE(large.sent.find("Connection: close\r\n"), std::string::npos);
}

TEST_F(SessionUndecided, AreGivenUpWhenItTakesTooLong) {
  driver.feed(std::string(kUndecided) + std::string(kGet));
  EXPECT_EQ(driver.session().deadline(), driver.now + seconds(7));
  driver.advance(seconds(7));
  EXPECT_EQ(answers("503"), 1U);
  EXPECT_NE(driver.sent.find("Too slow."), std::string::npos);
  EXPECT_EQ(answers("200"), 1U);
  driver.session().resume(ExchangeId{1}, driver.now);
  EXPECT_EQ(driver.summaries.size(), 2U) << "the decision comes too late";

  SessionDriver with_content;
  with_content.feed("POST /undecided HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  with_content.advance(seconds(7));
  EXPECT_NE(with_content.sent.find("Connection: close\r\n"), std::string::npos);
}

TEST_F(SessionUndecided, AreAnsweredThoughTheClientHasFinishedSending) {
  driver.feed(kUndecided);
  driver.session().received({}, driver.now);
  decide();
  EXPECT_EQ(answers("200"), 1U);
  EXPECT_TRUE(driver.session().finished());

  SessionDriver cut;
  cut.feed("POST /undecided HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n123");
  cut.session().received({}, cut.now);
  cut.handler().decides = true;
  cut.resume();
  EXPECT_EQ(count(cut.sent, "HTTP/1.1 400"), 1U);
}

TEST_F(SessionUndecided, AreReportedWhenTheClientLeaves) {
  driver.feed(kUndecided);
  driver.session().abort(Outcome::client_left, driver.now);
  ASSERT_EQ(driver.summaries.size(), 1U);
  EXPECT_EQ(driver.summaries[0].outcome, Outcome::client_left);
  decide();
  EXPECT_EQ(driver.sent, "");
}

}  // namespace
}  // namespace bobbin::http::http1

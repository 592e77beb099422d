#include <gtest/gtest.h>

#include "http/http1/session_driver.h"

// Receivers of content that say Wait.
namespace bobbin::http::http1 {
namespace {

class SessionWaiting : public testing::Test {
 protected:
  /// A request whose receiver waits after the first of its chunks, and all of which has arrived.
  void post() {
    driver.feed("POST /waits HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    driver.feed("2\r\nde\r\n0\r\n\r\n");
  }
  [[nodiscard]] std::size_t answers(std::string_view status) const {
    return count(driver.sent, "HTTP/1.1 " + std::string(status));
  }
  SessionDriver driver;
};

TEST_F(SessionWaiting, GetMoreOnceTheyAreResumed) {
  post();
  EXPECT_FALSE(driver.session().wants_input());
  EXPECT_EQ(driver.sent, "");
  driver.resume();
  EXPECT_EQ(driver.events().at(1), "content 5 abcde");
  EXPECT_EQ(answers("201"), 1U);
}

TEST_F(SessionWaiting, MayWaitAgainBeforeTheyGetMore) {
  int resumed = 0;
  driver.handler().when_resumed = [&]() -> Intake {
    if (++resumed < 3) return Wait{};
    return Accepted{};
  };
  post();
  for (int i = 1; i < 3; ++i) {
    driver.resume();
    EXPECT_EQ(resumed, i);
    EXPECT_FALSE(driver.session().wants_input());
    EXPECT_EQ(driver.sent, "");
  }
  driver.resume();
  EXPECT_EQ(resumed, 3);
  EXPECT_EQ(driver.events().at(1), "content 5 abcde");
  EXPECT_EQ(answers("201"), 1U);
}

TEST_F(SessionWaiting, MayWaitWithTheLastOfTheirContent) {
  driver.handler().pieces_until_wait = 1;
  driver.feed("POST /waits HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  driver.resume();
  EXPECT_EQ(answers("201"), 1U);
  EXPECT_TRUE(driver.session().is_idle());
}

TEST_F(SessionWaiting, MayRefuseWhenTheyAreResumed) {
  driver.handler().when_resumed = [] {
    return Response::error(Status::content_too_large, "It was too much after all.");
  };
  post();
  driver.resume();
  EXPECT_EQ(answers("413"), 1U);
  EXPECT_EQ(driver.summaries.size(), 1U);
}

TEST_F(SessionWaiting, KeepTheConnectionWhenTheyRefuseWithAllOfTheContent) {
  driver.handler().when_resumed = [] { return Response::error(Status::bad_request, "No."); };
  driver.feed("POST /waits HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + std::string(kGet));
  driver.resume();
  EXPECT_EQ(answers("400"), 1U);
  EXPECT_EQ(answers("200"), 1U);
}

}  // namespace
}  // namespace bobbin::http::http1

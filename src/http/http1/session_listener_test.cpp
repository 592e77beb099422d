#include <algorithm>
#include <gtest/gtest.h>

#include "http/http1/session_driver.h"

// What a session owes to the listener at which its connection arrived, and what it does with bytes of other
// protocols.
namespace bobbin::http::http1 {
namespace {

TEST(Session, AddsTheFieldsOfTheListenerToEveryAnswerErrorsAndPreparedOnesIncluded) {
  const ListenerRules listener{.scheme = Scheme::https, .redirect_port = {}, .fields = "X: y\r\n"};
  SessionDriver driver({}, listener);
  for (const char* target : {"/", "/prepared", "/prepared", "/missing"})
    driver.feed("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
  driver.feed("malformed\r\n\r\n");
  EXPECT_EQ(count(driver.sent, "HTTP/1.1 "), 5U);
  EXPECT_EQ(count(driver.sent, "\r\nX: y\r\nDate: "), 5U);
}

TEST(Session, TellsAClientThatSpeaksTlsWhatIsSpokenHere) {
  SessionDriver driver;
  driver.feed(std::string("\x16\x03\x01\x02\0\x01", 6));
  ASSERT_EQ(driver.summaries.size(), 1U);
  EXPECT_EQ(driver.summaries[0].log_fields.handler.violation, "TLS on a port for plain HTTP");
  EXPECT_NE(driver.sent.find("This port speaks plain HTTP"), std::string::npos);
}

TEST(Session, InputThatIsRefusedIsAnsweredOnceAndWhatFollowsIsDiscarded) {
  const ListenerRules listener{.scheme = Scheme::https, .redirect_port = {}, .fields = "X: y\r\n"};
  SessionDriver driver({}, listener);
  const Refusal refusal{Status::bad_request, "Not here.", "Wrong place"};
  driver.session().refuse_input(refusal, as_bytes(kGet), driver.now);
  driver.pump();
  EXPECT_EQ(driver.events(), (std::vector<std::string>{"answer 400 close", "shut down writing"}));
  EXPECT_EQ(driver.summaries[0].log_fields.request_line, "GET / HTTP/1.1");
  EXPECT_EQ(driver.summaries[0].log_fields.handler.violation, "Wrong place");
  EXPECT_EQ(driver.sent.find("X: y"), std::string::npos) << "the connection is not secured";
  driver.session().refuse_input(refusal, as_bytes(kGet), driver.now);
  driver.pump();
  EXPECT_EQ(driver.events().size(), 2U);
  EXPECT_TRUE(driver.session().is_lingering());
}

// RFC 9113 §3.3
TEST(Session, ThePrefaceOfHttp2IsLeftToItsSession) {
  constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n and more";
  SessionDriver whole;
  whole.feed(kPreface);
  EXPECT_TRUE(whole.session().finished());
  EXPECT_EQ(as_text(whole.session().input_of_http2()), kPreface);
  EXPECT_EQ(whole.sent, "");
  EXPECT_TRUE(whole.summaries.empty());

  SessionDriver in_pieces;
  for (const char& byte : kPreface.substr(0, 16)) in_pieces.feed({&byte, 1});
  EXPECT_EQ(as_text(in_pieces.session().input_of_http2()), kPreface.substr(0, 16));
}

TEST(Session, ThePrefaceOfHttp2IsARequestOfAnUnknownVersionWhereItDoesNotBelong) {
  constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  SessionDriver off({.http2 = false});
  off.feed(kPreface);
  EXPECT_TRUE(off.sent.starts_with("HTTP/1.1 505 "));
  EXPECT_TRUE(off.session().input_of_http2().empty());

  SessionDriver late;
  late.feed(kGet);
  late.feed(kPreface);
  EXPECT_NE(late.sent.find("HTTP/1.1 505 "), std::string::npos);

  SessionDriver other;
  other.feed("PRI / HTTP/2.0\r\n\r\n");
  EXPECT_TRUE(other.sent.starts_with("HTTP/1.1 505 "));
}

}  // namespace
}  // namespace bobbin::http::http1

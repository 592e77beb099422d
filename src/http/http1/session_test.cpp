#include "http/http1/session.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "http/http1/session_driver.h"

// What depends on time, on answers that come later, on a socket that takes nothing, and on stopping. What
// depends only on the bytes that arrive is in tests/vectors.
namespace bobbin::http::http1 {
namespace {

constexpr std::string_view kLater = "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab";

TEST(Session, AnswersWithTheFieldsInTheirOrder) {
  SessionDriver driver;
  driver.feed(kGet);
  EXPECT_EQ(driver.sent,
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nX-Content-Type-Options: "
            "nosniff\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: Multi-threaded HTTP Server\r\n"
            "Connection: keep-alive\r\nKeep-Alive: timeout=30, max=99\r\n\r\nhello");
}

TEST(Session, ClosesAfterTheLastRequestThatIsAllowed) {
  SessionDriver driver({.maximum_requests = 2});
  driver.feed(kGet);
  EXPECT_NE(driver.sent.find("max=1\r\n"), std::string::npos);
  driver.feed(kGet);
  EXPECT_EQ(driver.events().back(), "shut down writing");
  EXPECT_EQ(count(driver.sent, "Connection: close\r\n"), 1U);
  EXPECT_EQ(driver.session().requests(), 2U);
}

TEST(Session, WithoutALimitTheConnectionIsKeptAndNoNumberIsPromised) {
  SessionDriver driver({.maximum_requests = 0});
  for (int i = 0; i < 500; ++i) driver.feed(kGet);
  EXPECT_EQ(count(driver.sent, "Keep-Alive: timeout=30\r\n"), 500U);
  EXPECT_TRUE(driver.session().is_idle());
}

// RFC 9110 §10.1.1
TEST(Session, Sends100ContinueOnlyWhenTheHeadIsAcceptableAndTheContentHasNotCome) {
  constexpr std::string_view kExpecting =
      "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  SessionDriver waiting;
  waiting.feed(kExpecting);
  EXPECT_EQ(waiting.sent, "HTTP/1.1 100 Continue\r\n\r\n");
  waiting.feed("ab");
  EXPECT_EQ(waiting.events().back(), "answer 201 keep-alive");

  SessionDriver eager;
  eager.feed(std::string(kExpecting) + "ab");
  EXPECT_TRUE(eager.sent.starts_with("HTTP/1.1 201"));

  SessionDriver refused;
  refused.feed("POST /missing HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(refused.sent.starts_with("HTTP/1.1 404"));
  EXPECT_NE(refused.sent.find("Connection: close\r\n"), std::string::npos);
}

TEST(Session, ClosesWhenIdleForTooLong) {
  SessionDriver driver;
  driver.feed(kGet);
  // A second more than the client was told, so that it never races with our close.
  EXPECT_EQ(driver.session().deadline(), driver.now + seconds(31));
  driver.advance(seconds(30));
  EXPECT_FALSE(driver.session().finished());
  driver.advance(seconds(1));
  EXPECT_TRUE(driver.session().finished());
  EXPECT_TRUE(driver.session().timed_out());
  EXPECT_EQ(count(driver.sent, "HTTP/1.1"), 1U)
      << "an idle client is not told 408: it may take it for its next answer";
}

// RFC 9112 §2.2: clients that send one behind a request.
TEST(Session, EmptyLinesDoNotBeginARequest) {
  SessionDriver driver;
  driver.feed(std::string(kGet) + "\r\n");
  EXPECT_TRUE(driver.session().is_idle());
  driver.advance(seconds(20));  // longer than a head may take
  driver.feed("\r");
  driver.feed("\n\r\n");
  EXPECT_TRUE(driver.session().is_idle());
  EXPECT_EQ(driver.session().deadline(), driver.now + seconds(11)) << "of the idle time";
  driver.feed(kGet);
  EXPECT_EQ(count(driver.sent, "HTTP/1.1 200 "), 2U);

  driver.feed("\r\n");
  driver.end_input();
  EXPECT_TRUE(driver.session().finished());
  EXPECT_EQ(count(driver.sent, "HTTP/1.1"), 2U) << "nobody is told that a request was cut off";
}

TEST(Session, TheHeadsDeadlineCountsFromItsFirstByte) {
  SessionDriver driver;
  driver.feed("G");
  for (int second = 0; second < 9; ++second) {
    driver.advance(seconds(1));
    driver.feed("E");
    ASSERT_EQ(driver.session().state_name(), "head");
  }
  driver.advance(seconds(1));
  EXPECT_TRUE(driver.sent.starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(driver.session().state_name(), "lingering");
}

TEST(Session, ContentMustKeepUpTheMinimumRateAfterTheGrace) {
  SessionDriver driver;
  driver.feed("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  driver.advance(seconds(9));
  driver.feed(std::string(1000, 'x'));  // earns 2 s at 500 B/s
  driver.advance(milliseconds(2'900));
  EXPECT_EQ(driver.session().state_name(), "receiving");
  driver.advance(milliseconds(200));
  EXPECT_TRUE(driver.sent.starts_with("HTTP/1.1 408 "));
}

TEST(Session, ABurstAtTheBeginningDoesNotPayForATrickle) {
  SessionDriver driver;
  driver.feed("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  driver.feed(std::string(900'000, 'x'));
  for (int second = 0; second < 10; ++second) {
    ASSERT_EQ(driver.session().state_name(), "receiving");
    driver.advance(seconds(1));
    driver.feed("x");
  }
  driver.advance(seconds(1));
  EXPECT_TRUE(driver.sent.starts_with("HTTP/1.1 408 "));
}

TEST(Session, WithoutAGraceARateIsStillMeasuredOverASecond) {
  SessionDriver driver({.pace = {.grace = Duration::zero()}});
  driver.feed("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n");
  driver.advance(milliseconds(900));
  driver.feed("abcd");
  EXPECT_EQ(driver.events().back(), "answer 201 keep-alive");
}

TEST(Session, ASenderMayNotStallForEverWhereNoRateIsAskedFor) {
  SessionDriver driver({.pace = {.minimum_rate = 0}});
  driver.feed("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  driver.feed(std::string(900'000, 'x'));
  driver.advance(seconds(59));
  EXPECT_EQ(driver.session().state_name(), "receiving");
  driver.advance(seconds(1));
  EXPECT_TRUE(driver.sent.starts_with("HTTP/1.1 408 "));
}

TEST(Session, AClientThatReadsNothingIsGivenUp) {
  SessionDriver driver;
  driver.stalled = true;
  driver.feed(kGet);
  driver.advance(seconds(9));
  EXPECT_FALSE(driver.session().finished());
  driver.advance(seconds(1));
  EXPECT_TRUE(driver.session().finished());
  ASSERT_EQ(driver.summaries.size(), 1U);
  EXPECT_EQ(driver.summaries[0].content_bytes, 0U);
  EXPECT_EQ(driver.summaries[0].content_length_bytes, 5U);
}

// What the kernel has buffered for a client that takes nothing is no progress.
TEST(Session, AClientThatAcknowledgesNothingIsGivenUp) {
  SessionDriver driver;
  driver.handler().source = std::make_shared<SourceScript>(
      SourceScript{.size_bytes = 2000, .steps = {std::string(1000, 'x'), Wait{}, std::string(1000, 'x')}});
  driver.feed("GET /source HTTP/1.1\r\nHost: a\r\n\r\n");
  driver.resume();
  ASSERT_EQ(driver.session().is_idle(), true);

  SessionDriver slow;
  slow.stalled = true;
  slow.feed("GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
  slow.session().sent(50'000, slow.now);
  slow.unacknowledged = 50'000;
  slow.advance(seconds(9));
  EXPECT_FALSE(slow.session().finished());
  slow.advance(seconds(1));
  EXPECT_TRUE(slow.session().finished());
  EXPECT_TRUE(slow.session().timed_out());
}

constexpr std::string_view kSource = "GET /source HTTP/1.1\r\nHost: a\r\n\r\n";

SessionDriver& with_source(SessionDriver& driver, std::vector<SourceScript::Step> steps,
                           std::optional<std::uint64_t> size = std::nullopt) {
  driver.handler().source =
      std::make_shared<SourceScript>(SourceScript{.size_bytes = size, .steps = std::move(steps)});
  return driver;
}

// RFC 9112 §6.1, §7.1
TEST(Session, ContentOfUnknownLengthIsChunkedAndTheConnectionKept) {
  SessionDriver driver;
  with_source(driver, {"hello", Wait{}, "world"}).feed(std::string(kSource) + std::string(kGet));
  EXPECT_NE(driver.sent.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(driver.sent.find("Content-Length"), std::string::npos);
  EXPECT_TRUE(driver.sent.ends_with("\r\n\r\n5\r\nhello\r\n"));
  driver.resume();
  EXPECT_NE(driver.sent.find("5\r\nworld\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"), std::string::npos)
      << "the request behind it follows";
  EXPECT_TRUE(driver.session().is_idle());
  ASSERT_EQ(driver.summaries.size(), 2U);
  EXPECT_EQ(driver.summaries[0].content_bytes, 10U);
}

// RFC 9112 §6.3: an HTTP/1.0 client finds the end with the connection.
TEST(Session, ContentOfUnknownLengthEndsTheConnectionOfAnOldClient) {
  SessionDriver driver;
  with_source(driver, {"hello"}).feed("GET /source HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(driver.sent.find("Transfer-Encoding"), std::string::npos);
  EXPECT_NE(driver.sent.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(driver.sent.ends_with("\r\n\r\nhello"));
  EXPECT_TRUE(driver.session().finished());
  EXPECT_FALSE(driver.session().must_reset());
}

TEST(Session, ASourceThatFailsCutsTheConnectionSoThatTheClientNotices) {
  SessionDriver chunked;
  with_source(chunked, {"hello", Failed{"the disk is gone"}}).feed(kSource);
  EXPECT_TRUE(chunked.session().finished());
  EXPECT_TRUE(chunked.sent.ends_with("5\r\nhello\r\n")) << "no last chunk";
  ASSERT_EQ(chunked.summaries.size(), 1U);
  EXPECT_EQ(chunked.summaries[0].outcome, Outcome::cut_short);
  EXPECT_NE(chunked.summaries[0].log_fields.handler.cause.find("the disk is gone"), std::string::npos);
  EXPECT_FALSE(chunked.session().must_reset());

  SessionDriver counted;
  with_source(counted, {"hello", Failed{"why"}}, 10).feed(kSource);
  EXPECT_TRUE(counted.session().finished());

  SessionDriver old;
  with_source(old, {"hello", Failed{"why"}}).feed("GET /source HTTP/1.0\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(old.session().finished());
  EXPECT_TRUE(old.session().must_reset()) << "a plain close would look like the end";
}

TEST(Session, TellsHowMuchOfALongAnswerHasBeenSentWhileItIs) {
  SessionDriver driver;
  const std::string piece(Services::kToldBytes / 2, 'x');
  with_source(driver, {piece, Wait{}, piece, Wait{}, piece}).feed(kSource);
  EXPECT_TRUE(driver.told_bytes.empty()) << "a small part is told of with more, or at the end";
  driver.resume();
  EXPECT_EQ(driver.told_bytes, std::vector{2 * std::uint64_t{piece.size()}});
  driver.resume();
  EXPECT_EQ(driver.told_bytes.size(), 1U);
  EXPECT_EQ(driver.summaries.at(0).told_bytes, 2 * piece.size());
  EXPECT_EQ(driver.summaries.at(0).content_bytes, 3 * piece.size());
  driver.feed(kGet);
  EXPECT_EQ(driver.summaries.at(1).told_bytes, 0U) << "the next answer begins anew";
}

TEST(Session, ASourceIsToldWhenItsClientHasGone) {
  SessionDriver driver;
  with_source(driver, {"hello", Wait{}}).feed(kSource);
  driver.session().abort(Outcome::client_left, driver.now);
  EXPECT_TRUE(driver.handler().source->cancelled);
  ASSERT_EQ(driver.summaries.size(), 1U);
  EXPECT_EQ(driver.summaries[0].outcome, Outcome::client_left);
}

TEST(Session, HeadOfASourceSaysWhatGetWouldAndPullsNothing) {
  SessionDriver driver;
  with_source(driver, {"hello"}, 5).feed("HEAD /source HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(driver.sent.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_TRUE(driver.sent.ends_with("\r\n\r\n"));
  EXPECT_EQ(driver.handler().source->pulled, 0U);
}

TEST(Session, NobodyWaitsForADiskForEver) {
  SessionDriver driver;
  with_source(driver, {Wait{}}, 5).feed(kSource);
  driver.advance(seconds(59));
  EXPECT_FALSE(driver.session().finished()) << "it is not held against the client's pace";
  driver.advance(seconds(1));
  EXPECT_TRUE(driver.session().finished());
  EXPECT_FALSE(driver.session().timed_out()) << "it was not the client";
  ASSERT_EQ(driver.summaries.size(), 1U);
  EXPECT_NE(driver.summaries[0].log_fields.handler.cause, "");
}

// The deadline of the first request runs from the moment the connection was taken.
TEST(Session, TheFirstRequestMustComeWithinTheHeadTimeout) {
  SessionDriver silent;
  silent.advance(seconds(9));
  EXPECT_FALSE(silent.session().finished());
  silent.advance(seconds(1));
  EXPECT_TRUE(silent.session().finished());
  EXPECT_EQ(silent.sent, "") << "nobody has asked for anything";

  SessionDriver slow;
  slow.advance(seconds(6));
  slow.feed("GET");
  slow.advance(seconds(4));
  EXPECT_TRUE(slow.sent.starts_with("HTTP/1.1 408 "));
}

TEST(Session, AnExchangeThatIsAwaitedAtAForcedStopIsReported) {
  SessionDriver driver;
  driver.feed(kLater);
  driver.session().abort(Outcome::stopped, driver.now);
  ASSERT_EQ(driver.summaries.size(), 1U);
  EXPECT_EQ(driver.summaries[0].outcome, Outcome::stopped);
  EXPECT_EQ(driver.summaries[0].log_fields.request_line, "POST /later HTTP/1.1");
  EXPECT_FALSE(driver.summaries[0].keeps_connection);
}

TEST(Session, WhileTheServerStopsAllRequestsThatHaveArrivedAreAnswered) {
  SessionDriver driver;
  driver.stopping = true;
  std::string requests;
  for (int i = 0; i < 5; ++i) requests += kGet;
  driver.feed(requests);
  EXPECT_EQ(count(driver.sent, "HTTP/1.1 200"), 5U);
  EXPECT_EQ(count(driver.sent, "Connection: close\r\n"), 1U) << "of the last one";
  EXPECT_EQ(driver.session().state_name(), "lingering");
}

TEST(Session, WhileTheServerStopsARequestBehindContentIsAnswered) {
  SessionDriver driver;
  driver.stopping = true;
  driver.feed("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab" + std::string(kGet));
  EXPECT_EQ(count(driver.sent, "HTTP/1.1 201"), 1U);
  EXPECT_EQ(count(driver.sent, "HTTP/1.1 200"), 1U);
}

TEST(Session, ALaterAnswerIsGivenAndTheRequestsBehindItFollow) {
  SessionDriver driver;
  driver.feed(std::string(kLater) + std::string(kGet));
  EXPECT_EQ(driver.session().state_name(), "awaiting");
  EXPECT_FALSE(driver.session().wants_input());
  driver.resolve(Response::with_content(Status::created, "text/plain", "done"));
  EXPECT_EQ(count(driver.sent, "HTTP/1.1 201"), 1U);
  EXPECT_EQ(count(driver.sent, "HTTP/1.1 200"), 1U);
  EXPECT_TRUE(driver.session().is_idle());
}

TEST(Session, AnAnswerForAnotherExchangeIsDropped) {
  SessionDriver driver;
  driver.feed(kLater);
  EXPECT_FALSE(driver.session().resolve(
      ExchangeId{7}, Response::with_content(Status::created, "text/plain", "no"), driver.now));
  EXPECT_EQ(driver.session().state_name(), "awaiting");
  EXPECT_EQ(driver.sent, "");
}

TEST(Session, ALaterAnswerThatDoesNotComeIs503AndOneThatComesTooLateIsDropped) {
  SessionDriver driver;
  driver.feed(kLater);
  driver.advance(seconds(30));
  EXPECT_TRUE(driver.sent.starts_with("HTTP/1.1 503 "));
  EXPECT_NE(driver.sent.find("Retry-After: 5\r\n"), std::string::npos);
  const std::size_t size = driver.sent.size();
  driver.resolve(Response::with_content(Status::created, "text/plain", "late"));
  EXPECT_EQ(driver.sent.size(), size);
}

constexpr std::string_view kPending = "GET /pending HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(Session, AGetMayBeAnsweredLaterWithinTheHandlersLimitAndInItsWords) {
  SessionDriver answered;
  answered.feed(std::string(kPending) + std::string(kGet));
  EXPECT_EQ(answered.session().state_name(), "awaiting");
  answered.resolve(Response::with_content(Status::ok, "text/plain", "later"));
  EXPECT_EQ(count(answered.sent, "HTTP/1.1 200"), 2U);

  SessionDriver late;
  late.feed(kPending);
  EXPECT_EQ(late.session().deadline(), late.now + seconds(7));
  late.advance(seconds(7));
  EXPECT_TRUE(late.sent.starts_with("HTTP/1.1 503 "));
  EXPECT_NE(late.sent.find("Too slow."), std::string::npos);
  EXPECT_EQ(late.handler().cancelled, 1) << "who still works for it is told";
}

// RFC 9110 §15.2
TEST(Session, InterimAnswersComeBeforeTheFinalOneAndNotToAnOldClient) {
  const auto hints = [] {
    Response response{.status = Status::early_hints};
    response.add_field("Link", "</style.css>; rel=preload");
    return response;
  };
  SessionDriver driver;
  driver.feed(kPending);
  driver.resolve(hints());
  EXPECT_EQ(driver.sent, "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n");
  EXPECT_EQ(driver.session().state_name(), "awaiting");
  driver.resolve(Response::with_content(Status::ok, "text/plain", "later"));
  EXPECT_EQ(count(driver.sent, "HTTP/1.1 200"), 1U);
  ASSERT_EQ(driver.summaries.size(), 1U);

  SessionDriver old;
  old.feed("GET /pending HTTP/1.0\r\nHost: a\r\n\r\n");
  old.resolve(hints());
  EXPECT_EQ(old.sent, "");
}

TEST(Session, AReceiverOfContentCanSayWait) {
  SessionDriver driver;
  driver.feed("POST /waits HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
  EXPECT_FALSE(driver.session().wants_input()) << "what follows stays in the socket";
  driver.advance(seconds(50));
  EXPECT_EQ(driver.session().state_name(), "receiving") << "our own wait is not held against the client";
  driver.resume();
  EXPECT_TRUE(driver.session().wants_input());
  driver.feed("67890");
  EXPECT_EQ(driver.events().back(), "answer 201 keep-alive");
}

TEST(Session, WhatArrivedBehindThePieceThatMustWaitIsTakenWhenItGoesOn) {
  SessionDriver driver;
  driver.feed(
      "POST /waits HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n" +
      std::string(kGet));
  EXPECT_EQ(driver.sent, "");
  driver.resume();
  EXPECT_EQ(count(driver.sent, "HTTP/1.1 201"), 1U);
  EXPECT_EQ(count(driver.sent, "HTTP/1.1 200"), 1U);
}

TEST(Session, TheEndOfTheInputCountsOnceTheContentIsNoLongerPaused) {
  SessionDriver whole;
  whole.feed("POST /waits HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab");
  whole.session().received({}, whole.now);
  EXPECT_EQ(whole.sent, "");
  whole.resume();
  EXPECT_TRUE(whole.sent.starts_with("HTTP/1.1 201 "));

  SessionDriver cut;
  cut.feed("POST /waits HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
  cut.session().received({}, cut.now);
  cut.resume();
  EXPECT_TRUE(cut.sent.starts_with("HTTP/1.1 400 "));
}

TEST(Session, OnlyTheExchangeThatWaitsIsResumed) {
  SessionDriver driver;
  driver.feed(kGet);
  driver.feed("POST /waits HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
  driver.session().resume(ExchangeId{1}, driver.now);
  EXPECT_FALSE(driver.session().wants_input());
  driver.resume();
  EXPECT_TRUE(driver.session().wants_input());
}

// RFC 9112 §9.3: what follows could be content that nobody has read.
TEST(Session, ALaterAnswerToARequestWithContentCloses) {
  const std::string request =
      "GET /pending HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(kGet.size()) + "\r\n\r\n" +
      std::string(kGet);
  SessionDriver answered;
  answered.feed(request);
  answered.resolve({});
  SessionDriver late;
  late.feed(request);
  late.advance(seconds(7));
  for (const SessionDriver* driver : {&answered, &late}) {
    EXPECT_EQ(count(driver->sent, "HTTP/1.1 "), 1U);
    EXPECT_NE(driver->sent.find("Connection: close\r\n"), std::string::npos);
  }
}

TEST(Session, WhoWorksForAClientThatHasGoneIsTold) {
  const auto count_cancelled = [](SessionDriver& driver) { return driver.handler().cancelled; };
  SessionDriver receiving;
  receiving.feed("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  receiving.session().abort(Outcome::client_left, receiving.now);
  EXPECT_EQ(count_cancelled(receiving), 1);

  SessionDriver ended;
  ended.feed("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  ended.end_input();
  EXPECT_EQ(count_cancelled(ended), 1);

  SessionDriver slow;
  slow.feed("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  slow.advance(seconds(60));
  EXPECT_EQ(count_cancelled(slow), 1);

  SessionDriver malformed;
  malformed.feed("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc");
  EXPECT_EQ(count_cancelled(malformed), 1);

  SessionDriver awaiting;
  awaiting.feed(kPending);
  awaiting.session().abort(Outcome::client_left, awaiting.now);
  EXPECT_EQ(count_cancelled(awaiting), 1);

  SessionDriver answered;
  answered.feed(kPending);
  answered.resolve(Response::with_content(Status::ok, "text/plain", "done"));
  answered.session().abort(Outcome::client_left, answered.now);
  EXPECT_EQ(count_cancelled(answered), 0);
}

TEST(Session, AHandlerKeepsItsResponsePreparedAndGivesItAgain) {
  constexpr std::string_view kPrepared = "GET /prepared HTTP/1.1\r\nHost: a\r\nX-Request-Id: ";
  SessionDriver driver;
  driver.feed(std::string(kPrepared) + "1\r\n\r\n");
  const std::string first = std::exchange(driver.sent, {});
  driver.feed(std::string(kPrepared) + "2\r\n\r\n");
  EXPECT_EQ(count(driver.sent, "max=98\r\n"), 1U);
  EXPECT_EQ(driver.sent.size(), first.size());
  EXPECT_TRUE(driver.sent.ends_with("hello"));
  EXPECT_EQ(driver.handler().prepared_asked, 2);
  EXPECT_EQ(driver.summaries[1].log_fields.request_line, "GET /prepared HTTP/1.1");
  EXPECT_EQ(driver.summaries[1].content_bytes, 5U);

  driver.sent.clear();
  driver.feed("HEAD /prepared HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(driver.sent.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_TRUE(driver.sent.ends_with("\r\n\r\n"));
}

// A prepared response answers the head alone, so content behind it must not be taken for the next request.
TEST(Session, APreparedResponseToARequestWithContentCloses) {
  SessionDriver driver;
  driver.feed("GET /prepared HTTP/1.1\r\nHost: a\r\n\r\n");
  driver.sent.clear();
  driver.feed("GET /prepared HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(kGet.size()) +
              "\r\n\r\n" + std::string(kGet));
  EXPECT_EQ(count(driver.sent, "HTTP/1.1 "), 1U);
  EXPECT_EQ(count(driver.sent, "Connection: close\r\n"), 1U);
}

TEST(Session, PipelinedRequestsAreAnsweredInOneGo) {
  SessionDriver driver;
  driver.stalled = true;
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += kGet;
  driver.feed(requests);
  const Outgoing out = driver.session().next(driver.now);
  ASSERT_EQ(out.bytes.size(), 1U);
  EXPECT_EQ(count(as_text(out.bytes[0]), "HTTP/1.1 200"), 20U);
}

TEST(Session, PipeliningIsBoundedByWhatIsQueued) {
  SessionDriver driver({.maximum_requests = 0});
  driver.stalled = true;
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += kGet;
  driver.feed(requests);
  EXPECT_EQ(driver.session().requests(), 32U);
  EXPECT_FALSE(driver.session().wants_input());
  driver.stalled = false;
  driver.pump();
  EXPECT_EQ(driver.session().requests(), 1000U);
}

// A client may send its next request before it has read the last answer to its end, again and again.
TEST(Session, AnswersArriveWholeAndInOrderThoughTheQueueNeverRunsEmpty) {
  SessionDriver driver({.maximum_requests = 0});
  driver.stalled = true;
  const auto take = [&](std::size_t most) {
    const Outgoing out = driver.session().next(driver.now);
    std::size_t count = 0;
    for (Bytes piece : out.bytes) {
      piece = piece.first(std::min(piece.size(), most - count));
      driver.sent += as_text(piece);
      count += piece.size();
    }
    driver.session().sent(count, driver.now);
  };
  constexpr int kRequests = 3000;
  driver.feed("GET /0 HT");
  for (int i = 0; i < kRequests; ++i) {
    const std::string path = i % 7 == 3 ? "/long" : "/" + std::to_string(i + 1);
    driver.feed("TP/1.1\r\nHost: a\r\n\r\nGET " + path + " HT");
    while (driver.session().state_name() != "head") take(60'000);
    take(100);
    ASSERT_FALSE(driver.session().is_idle());
  }
  driver.stalled = false;
  driver.feed("TP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(driver.session().finished());
  EXPECT_EQ(count(driver.sent, "HTTP/1.1 200"), kRequests + 1U);
  std::size_t announced = 0;
  for (const ExchangeSummary& summary : driver.summaries) announced += summary.content_length_bytes;
  std::size_t heads = 0;
  for (std::size_t at = 0; (at = driver.sent.find("HTTP/1.1 200", at)) != std::string::npos; ++at)
    heads += driver.sent.find("\r\n\r\n", at) + 4 - at;
  EXPECT_EQ(driver.sent.size(), heads + announced);
}

TEST(Session, EndsWhenTheClientDoes) {
  SessionDriver idle;
  idle.end_input();
  EXPECT_TRUE(idle.session().finished());

  SessionDriver half_a_head;
  half_a_head.feed("GET / HT");
  half_a_head.end_input();
  EXPECT_TRUE(half_a_head.sent.starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(half_a_head.session().finished());

  SessionDriver half_a_content;
  half_a_content.feed("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  half_a_content.end_input();
  EXPECT_TRUE(half_a_content.sent.starts_with("HTTP/1.1 400 "));
}

// RFC 9112 §9.6: a client may shut down its side and still wait for the answers.
TEST(Session, AClientThatHasFinishedSendingStillGetsItsAnswer) {
  SessionDriver driver;
  driver.stalled = true;
  driver.feed(kGet);
  driver.session().received({}, driver.now);
  driver.stalled = false;
  driver.pump();
  EXPECT_TRUE(driver.sent.ends_with("hello"));
  EXPECT_TRUE(driver.session().finished());
}

// The content would be read in order to keep the connection: not where it closes anyway.
TEST(Session, DoesNotWaitForContentBehindAnAnswerThatCloses) {
  SessionDriver driver;
  driver.feed("POST /forbidden HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  EXPECT_TRUE(driver.sent.starts_with("HTTP/1.1 403 "));
  EXPECT_EQ(driver.session().state_name(), "lingering");

  SessionDriver kept;
  kept.feed("POST /missing HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(kept.sent, "");
  kept.feed("abc");
  EXPECT_TRUE(kept.sent.starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(kept.session().is_idle());
}

TEST(Session, LingersAfterARefusalAndEndsWithTheClientOrTheTime) {
  SessionDriver driver;
  driver.feed("GET / HTTP/1.1\r\n\r\n");
  ASSERT_EQ(driver.session().state_name(), "lingering");
  driver.feed(std::string(100'000, 'x'));
  EXPECT_EQ(driver.session().state_name(), "lingering");
  driver.advance(seconds(2));
  EXPECT_TRUE(driver.session().finished());
  EXPECT_FALSE(driver.session().timed_out());
}

TEST(Session, ShuttingDownEndsAnIdleOneAtOnceAndAnotherAfterItsAnswer) {
  SessionDriver idle;
  idle.session().shut_down();
  EXPECT_TRUE(idle.session().finished());

  SessionDriver busy;
  busy.feed(kLater);
  busy.session().shut_down();
  EXPECT_FALSE(busy.session().finished());
  busy.resolve(Response::with_content(Status::created, "text/plain", "done"));
  EXPECT_NE(busy.sent.find("Connection: close\r\n"), std::string::npos);
  EXPECT_FALSE(busy.session().wants_input() && busy.session().state_name() != "lingering");
}

TEST(Session, ShuttingDownAnswersWhatHasArrivedBehindAnAnswer) {
  SessionDriver driver;
  driver.stalled = true;
  // Nothing is answered ahead behind so long an answer.
  driver.feed("GET /long HTTP/1.1\r\nHost: a\r\n\r\n" + std::string(kGet));
  driver.session().shut_down();
  driver.stalled = false;
  driver.pump();
  EXPECT_EQ(count(driver.sent, "HTTP/1.1 200 "), 2U);
  EXPECT_EQ(count(driver.sent, "Connection: close\r\n"), 1U);
  EXPECT_EQ(driver.session().state_name(), "lingering");
}

TEST(Session, ShuttingDownDoesNotWaitForARequestBehindEmptyLines) {
  SessionDriver driver;
  driver.stalled = true;
  driver.feed(std::string(kGet) + "\r\n");
  driver.session().shut_down();
  driver.stalled = false;
  driver.pump();
  EXPECT_EQ(driver.session().state_name(), "lingering");
}

TEST(Session, WhileOthersWaitTheConnectionEndsWithItsAnswer) {
  SessionDriver driver;
  driver.crowded = true;
  driver.feed(kGet);
  EXPECT_NE(driver.sent.find("Connection: close\r\n"), std::string::npos);
}

// RFC 9110 §9.3.2, and RFC 9112 §2.2 for the empty line in front.
TEST(Session, ARefusedHeadRequestGetsNoContent) {
  for (const std::string_view input : {"HEAD / HTTP/1.1\r\n\r\n", "\r\nHEAD / HTTP/1.1\r\n\r\n"}) {
    SCOPED_TRACE(input);
    SessionDriver driver;
    driver.feed(input);
    EXPECT_TRUE(driver.sent.starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE(driver.sent.ends_with("\r\n\r\n"));
    ASSERT_EQ(driver.summaries.size(), 1U);
    EXPECT_EQ(driver.summaries[0].log_fields.request_line, "HEAD / HTTP/1.1");
  }
}

TEST(Session, APreparedResponseObeysLimitsAndStopping) {
  constexpr std::string_view kPrepared = "GET /prepared HTTP/1.1\r\nHost: a\r\n\r\n";
  SessionDriver limited({.maximum_requests = 2});
  limited.feed(kPrepared);
  limited.feed(kPrepared);
  EXPECT_EQ(count(limited.sent, "Connection: close\r\n"), 1U);
  EXPECT_EQ(limited.session().state_name(), "lingering");

  SessionDriver crowded;
  crowded.feed(kPrepared);
  crowded.crowded = true;
  crowded.feed(kPrepared);
  EXPECT_EQ(count(crowded.sent, "Connection: close\r\n"), 1U);

  SessionDriver asks_to_close;
  asks_to_close.feed(kPrepared);
  asks_to_close.feed("GET /prepared HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(asks_to_close.session().finished());
}

TEST(Session, HandlersKnowTheDateOfTheAnswer) {
  SessionDriver driver;
  driver.feed(kGet);
  EXPECT_EQ(driver.handler().dates, std::vector{driver.date()});
}

TEST(Session, RequestsThatCameTogetherShareARound) {
  SessionDriver driver;
  driver.feed(std::string(kGet) + std::string(kGet));
  driver.feed(kGet);
  const auto& rounds = driver.handler().rounds;
  ASSERT_EQ(rounds.size(), 3U);
  EXPECT_EQ(rounds[0], rounds[1]);
  EXPECT_NE(rounds[1], rounds[2]);
}

TEST(Session, SummariesTellWhatTheLogNeeds) {
  SessionDriver driver;
  driver.feed("GET /x HTTP/1.1\r\nHost: example.org\r\nReferer: r\r\nUser-Agent: u\r\n\r\n");
  ASSERT_EQ(driver.summaries.size(), 1U);
  const ExchangeSummary& summary = driver.summaries[0];
  EXPECT_EQ(summary.log_fields.request_line, "GET /x HTTP/1.1");
  EXPECT_EQ(summary.log_fields.host, "example.org");
  EXPECT_EQ(summary.log_fields.referer, "r");
  EXPECT_EQ(summary.log_fields.user_agent, "u");
  EXPECT_EQ(summary.content_bytes, 5U);
  EXPECT_EQ(summary.ordinal, 1U);

  SessionDriver refused;
  refused.feed("GET /y HTTP/1.1\r\nX: a\r\n\r\n");
  ASSERT_EQ(refused.summaries.size(), 1U);
  EXPECT_EQ(refused.summaries[0].log_fields.request_line, "GET /y HTTP/1.1");
  EXPECT_EQ(refused.summaries[0].log_fields.handler.violation, "Missing Host header");
}

}  // namespace
}  // namespace bobbin::http::http1

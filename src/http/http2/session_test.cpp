#include "http/http2/session.h"

#include <gtest/gtest.h>

#include "http/http2/session_driver.h"

namespace bobbin::http::http2 {
namespace {

constexpr std::uint32_t kNoError = NGHTTP2_NO_ERROR;

TEST(Http2Session, AnswersWithTheFieldsInLowerCase) {
  SessionDriver driver;
  const auto stream = driver.client.get("/");
  driver.exchange();
  const auto& response = driver.client.response(stream);
  EXPECT_EQ(response.status(), "200");
  EXPECT_EQ(response.content, "hello");
  EXPECT_TRUE(response.ended);
  EXPECT_EQ(response.fields.at("content-type"), "text/plain");
  EXPECT_EQ(response.fields.at("content-length"), "5");
  EXPECT_EQ(response.fields.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(response.fields.at("date"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(response.fields.at("server"), "Multi-threaded HTTP Server");
  EXPECT_FALSE(response.fields.contains("connection"));
  EXPECT_FALSE(response.fields.contains("keep-alive"));
  ASSERT_EQ(driver.summaries.size(), 1U);
  EXPECT_EQ(driver.summaries[0].log_fields.request_line, "GET / HTTP/2.0");
  EXPECT_EQ(driver.summaries[0].content_bytes, 5U);
  EXPECT_EQ(driver.summaries[0].outcome, Outcome::completed);
  EXPECT_TRUE(driver.session().is_idle());
}

TEST(Http2Session, TellsItsLimits) {
  SessionDriver driver;
  driver.exchange();
  EXPECT_EQ(driver.client.settings[NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS], kMaximumStreams);
  EXPECT_EQ(driver.client.settings[NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE], 16U * 1024);
  EXPECT_EQ(driver.client.settings[NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES], 1U);
}

TEST(Http2Session, AnswersThoughTheRequestComesAByteAtATime) {
  SessionDriver driver;
  const auto stream = driver.client.get("/");
  for (const char byte : driver.client.output()) driver.feed({&byte, 1});
  driver.exchange();
  EXPECT_EQ(driver.client.response(stream).status(), "200");
}

TEST(Http2Session, AHeadRequestGetsTheLengthAndNoContent) {
  SessionDriver driver;
  const auto stream = driver.client.request("HEAD", "/", {}, false);
  driver.exchange();
  EXPECT_EQ(driver.client.response(stream).fields.at("content-length"), "5");
  EXPECT_EQ(driver.client.response(stream).content, "");
  EXPECT_TRUE(driver.client.response(stream).ended);
}

TEST(Http2Session, APreparedResponseIsGivenAgain) {
  SessionDriver driver;
  for (int i = 0; i < 3; ++i) {
    const auto stream = driver.client.get("/prepared");
    driver.exchange();
    EXPECT_EQ(driver.client.response(stream).status(), "200");
    EXPECT_EQ(driver.client.response(stream).content, "hello");
    EXPECT_EQ(driver.client.response(stream).fields.at("content-type"), "text/plain");
    EXPECT_EQ(driver.client.response(stream).fields.at("date"), "Sun, 06 Nov 1994 08:49:37 GMT");
  }
  EXPECT_FALSE(driver.handler().prepared.lines.empty());
}

TEST(Http2Session, ManyStreamsAtOnceAreManyExchanges) {
  SessionDriver driver;
  std::vector<std::int32_t> streams;
  for (int i = 0; i < 100; ++i) streams.push_back(driver.client.get("/"));
  driver.exchange();
  for (const auto stream : streams) EXPECT_EQ(driver.client.response(stream).content, "hello");
  EXPECT_EQ(driver.session().requests(), 100U);
  EXPECT_EQ(driver.summaries.size(), 100U);
}

// ---- requests ----

TEST(Http2Session, AHostThatIsNotTheAuthorityIsRefused) {
  SessionDriver driver;
  const auto other = driver.client.get("/", {{"host", "b"}});
  const auto same = driver.client.get("/", {{"host", "A"}});
  const auto only =
      driver.client.request({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "a"}});
  const auto none = driver.client.request({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}});
  driver.exchange();
  EXPECT_EQ(driver.client.response(other).status(), "400");
  EXPECT_EQ(driver.client.response(same).status(), "200");
  EXPECT_EQ(driver.client.response(only).status(), "200");
  EXPECT_EQ(driver.client.response(none).reset_code, NGHTTP2_PROTOCOL_ERROR);
}

// RFC 9113 §8.2 and §8.3: malformed requests are stream errors.
TEST(Http2Session, MalformedRequestsAreStreamErrors) {
  const std::vector<Header> front{
      {":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}};
  const auto with = [&front](std::vector<Header> further) {
    std::vector<Header> all = front;
    all.insert(all.end(), further.begin(), further.end());
    return all;
  };
  const std::vector<std::vector<Header>> malformed{
      with({{"connection", "keep-alive"}}),
      with({{"transfer-encoding", "chunked"}}),
      with({{"upgrade", "x"}}),
      with({{"te", "gzip"}}),
      with({{":path", "/again"}}),
      with({{":unknown", "x"}}),
      with({{"a", "b\nc"}}),
      with({{"content-length", "1"}}),  // and no content
      with({{"content-length", "x"}}),
      {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}},
      {{":method", "GET"}, {":authority", "a"}, {":path", "/"}},
      {{":method", "GET"}, {":scheme", "http"}, {"a", "b"}, {":authority", "a"}, {":path", "/"}},
      {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", ""}},
  };
  SessionDriver driver;
  for (const auto& fields : malformed) {
    const auto stream = driver.client.request(fields);
    driver.exchange();
    EXPECT_EQ(driver.client.response(stream).reset_code, NGHTTP2_PROTOCOL_ERROR)
        << fields.back().first << ": " << fields.back().second;
    EXPECT_TRUE(driver.session().is_idle());
  }
  const auto good = driver.client.get("/", {{"te", "trailers"}});
  driver.exchange();
  EXPECT_EQ(driver.client.response(good).status(), "200") << "the connection goes on";
}

TEST(Http2Session, AHeadBeyondTheLimitIsAnswered431) {
  SessionDriver driver({.head = {.head_bytes = 1000}});
  const auto large = driver.client.get("/", {{"x", std::string(1000, 'x')}});
  const auto small = driver.client.get("/", {{"x", std::string(800, 'x')}});
  driver.exchange();
  EXPECT_EQ(driver.client.response(large).status(), "431");
  EXPECT_EQ(driver.client.response(small).status(), "200");
  std::vector<Header> many;
  for (int i = 0; i < 101; ++i) many.emplace_back("a", "");
  SessionDriver other;
  const auto stream = other.client.get("/", many);
  other.exchange();
  EXPECT_EQ(other.client.response(stream).status(), "431");
}

TEST(Http2Session, CookiesInPiecesAreOneField) {
  SessionDriver driver;
  std::vector<Header> crumbs;
  for (int i = 0; i < 150; ++i) crumbs.emplace_back("cookie", "a=b");
  const auto stream = driver.client.get("/", crumbs);
  driver.exchange();
  EXPECT_EQ(driver.client.response(stream).status(), "200");
}

// ---- content of requests ----

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

// ---- answers that come later ----

TEST(Http2Session, PendingAnswersFindTheirStream) {
  SessionDriver driver;
  const auto first = driver.client.get("/pending");
  const auto second = driver.client.get("/pending");
  driver.exchange();
  EXPECT_TRUE(driver.resolve(second, Response{.status = Status::early_hints}));
  EXPECT_EQ(driver.client.response(second).interim, std::vector<int>{103});
  EXPECT_TRUE(driver.resolve(second, Response::with_content(Status::ok, "text/plain", "2")));
  EXPECT_EQ(driver.client.response(second).content, "2");
  EXPECT_EQ(driver.client.response(first).status(), "none");
  driver.advance(seconds(7));
  EXPECT_EQ(driver.client.response(first).status(), "503");
  EXPECT_EQ(driver.handler().cancelled, 1);
}

// ---- requests of which the handler does not know at once what becomes of them ----

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

// ---- content of answers ----

std::shared_ptr<SourceScript> script(std::optional<std::uint64_t> size,
                                     std::vector<SourceScript::Step> steps) {
  return std::make_shared<SourceScript>(SourceScript{.size_bytes = size, .steps = std::move(steps)});
}

TEST(Http2Session, ContentIsPulledFromASource) {
  for (const auto size : {std::optional<std::uint64_t>(6), std::optional<std::uint64_t>()}) {
    SessionDriver driver;
    driver.handler().source = script(size, {"abc", "def"});
    const auto stream = driver.client.get("/source");
    driver.exchange();
    EXPECT_EQ(driver.client.response(stream).content, "abcdef");
    EXPECT_TRUE(driver.client.response(stream).ended);
    EXPECT_EQ(driver.client.response(stream).fields.contains("content-length"), size.has_value());
    EXPECT_FALSE(driver.client.response(stream).fields.contains("transfer-encoding"));
    EXPECT_EQ(driver.summaries.at(0).content_bytes, 6U);
  }
}

TEST(Http2Session, PiecesOfAFileAreRead) {
  SessionDriver driver;
  driver.file = std::string(30'000, 'f') + std::string(20'000, 'g');
  driver.handler().source = script(50'000, {FilePiece{.descriptor = 3, .offset = 0, .length = 50'000}});
  const auto stream = driver.client.get("/source");
  driver.exchange();
  EXPECT_EQ(driver.client.response(stream).content, driver.file);
}

TEST(Http2Session, ASourceThatWaitsHoldsNobodyUp) {
  SessionDriver driver;
  driver.handler().source = script(6, {"abc", Wait{}, "def"});
  const auto waiting = driver.client.get("/source");
  const auto other = driver.client.get("/");
  driver.exchange();
  EXPECT_EQ(driver.client.response(waiting).content, "abc");
  EXPECT_EQ(driver.client.response(other).content, "hello");
  driver.resume(waiting);
  EXPECT_EQ(driver.client.response(waiting).content, "abcdef");
}

TEST(Http2Session, ContentThatFailsResetsItsStreamAlone) {
  for (const auto& steps :
       std::vector<std::vector<SourceScript::Step>>{{"abc", Failed{"it has changed"}},
                                                    {"abc"},
                                                    {"abc", "defghi"},
                                                    {FilePiece{.descriptor = 3, .length = 6}}}) {
    SessionDriver driver;
    driver.file = "abc";
    driver.handler().source = script(6, steps);
    const auto failing = driver.client.get("/source");
    const auto other = driver.client.get("/");
    driver.exchange();
    EXPECT_EQ(driver.client.response(failing).reset_code, NGHTTP2_INTERNAL_ERROR);
    EXPECT_FALSE(driver.client.response(failing).ended);
    EXPECT_EQ(driver.client.response(other).content, "hello");
    const auto cut = std::find_if(driver.summaries.begin(), driver.summaries.end(),
                                  [](const auto& each) { return each.outcome == Outcome::cut_short; });
    ASSERT_NE(cut, driver.summaries.end());
    EXPECT_TRUE(cut->log_fields.handler.cause.starts_with("Cannot send all of the content: it "));
  }
}

TEST(Http2Session, TheWindowOfTheClientLimitsWhatIsPulled) {
  SessionDriver driver({}, 10);
  driver.handler().source = script({}, {std::string(25, 'a'), std::string(25, 'b'), std::string(25, 'c')});
  const auto stream = driver.client.get("/source");
  const auto other = driver.client.get("/missing");
  driver.exchange();
  EXPECT_EQ(driver.client.response(stream).content.size(), 10U);
  EXPECT_EQ(driver.handler().source->pulled, 1U);
  EXPECT_EQ(driver.client.response(other).status(), "404");
  driver.client.grant(stream, 100);
  driver.exchange();
  EXPECT_EQ(driver.client.response(stream).content.size(), 75U);
  EXPECT_TRUE(driver.client.response(stream).ended);
}

TEST(Http2Session, TellsHowMuchOfALongAnswerHasBeenSentWhileItIs) {
  SessionDriver driver({}, 1'000'000);
  driver.exchange();
  driver.client.grant(0, 1'000'000);
  const std::string piece(Services::kToldBytes / 2, 'x');
  driver.handler().source = script({}, {piece, Wait{}, piece, Wait{}, piece});
  const auto stream = driver.client.get("/source");
  driver.exchange();
  EXPECT_TRUE(driver.told_bytes.empty()) << "a small part is told of with more, or at the end";
  driver.resume(stream);
  EXPECT_EQ(driver.told_bytes, std::vector{2 * std::uint64_t{piece.size()}});
  driver.resume(stream);
  EXPECT_EQ(driver.summaries.at(0).told_bytes, 2 * piece.size());
  EXPECT_EQ(driver.summaries.at(0).content_bytes, 3 * piece.size());
  static_cast<void>(driver.client.get("/"));
  driver.exchange();
  EXPECT_EQ(driver.summaries.at(1).told_bytes, 0U) << "the next answer begins anew";
}

TEST(Http2Session, AResetCancelsTheSource) {
  SessionDriver driver;
  driver.handler().source = script(6, {"abc", Wait{}, "def"});
  const auto stream = driver.client.get("/source");
  driver.exchange();
  driver.client.reset(stream);
  driver.exchange();
  EXPECT_TRUE(driver.handler().source->cancelled);
  EXPECT_TRUE(driver.handler().source->destroyed);
  EXPECT_EQ(driver.summaries.at(0).outcome, Outcome::client_left);
  EXPECT_EQ(driver.summaries.at(0).content_bytes, 3U);
}

TEST(Http2Session, AClientThatTakesNothingCostsOneOutput) {
  SessionDriver driver({}, 1'000'000);
  driver.exchange();
  driver.client.grant(0, 10'000'000);
  driver.exchange();
  driver.stalled = true;
  for (int i = 0; i < 50; ++i) static_cast<void>(driver.client.get("/long"));
  driver.feed(driver.client.output());
  const Outgoing out = driver.session().next(driver.now);
  ASSERT_EQ(out.bytes.size(), 1U);
  EXPECT_GT(out.bytes[0].size(), 60'000U);
  EXPECT_LE(out.bytes[0].size(), OutputBuffer::kCapacity);
  EXPECT_TRUE(out.more);
  driver.stalled = false;
  driver.exchange();
  EXPECT_EQ(driver.summaries.size(), 50U);
}

// RFC 9218 §4.1: what is urgent leaves first.
TEST(Http2Session, UrgentAnswersLeaveFirst) {
  SessionDriver driver({}, 1'000'000);
  driver.exchange();
  driver.client.grant(0, 10'000'000);
  const auto late = driver.client.get("/long", {{"priority", "u=6"}});
  const auto soon = driver.client.get("/long", {{"priority", "u=0"}});
  driver.exchange();
  EXPECT_EQ(driver.client.response(late).content.size(), 100'000U);
  ASSERT_EQ(driver.summaries.size(), 2U);
  EXPECT_EQ(driver.summaries[0].ordinal, 2U) << "stream " << soon;
}

// ---- time ----

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

// ---- the end ----

// RFC 9113 §6.8: two steps, so that no request is lost on the way.
TEST(Http2Session, WhatIsUnderWayEndsWhenTheServerStops) {
  SessionDriver driver;
  const auto pending = driver.client.get("/pending");
  driver.exchange();
  driver.session().shut_down();
  const auto late = driver.client.get("/");
  driver.feed(driver.client.output());
  driver.exchange();
  ASSERT_EQ(driver.client.farewells.size(), 2U);
  EXPECT_EQ(driver.client.farewells[0], std::make_pair(0x7fffffff, kNoError));
  EXPECT_EQ(driver.client.farewells[1], std::make_pair(late, kNoError));
  EXPECT_EQ(driver.client.response(late).status(), "200") << "it was begun before the client heard";
  EXPECT_FALSE(driver.session().is_lingering());
  EXPECT_TRUE(driver.resolve(pending, Response::with_content(Status::ok, "text/plain", "p")));
  EXPECT_EQ(driver.client.response(pending).content, "p");
  EXPECT_TRUE(driver.session().is_lingering());
  EXPECT_EQ(driver.events.back(), "shut down writing");
}

TEST(Http2Session, AClientThatDoesNotHearIsNotWaitedFor) {
  SessionDriver driver;
  static_cast<void>(driver.client.get("/pending"));
  driver.exchange();
  driver.session().shut_down();
  driver.pump();  // the client has got it, and says nothing
  static_cast<void>(driver.client.output());
  driver.now += seconds(1);
  driver.session().expire(driver.now);
  driver.pump();
  EXPECT_EQ(driver.client.farewells.size(), 2U);
}

TEST(Http2Session, AnIdleConnectionEndsAtOnceWhenTheServerStops) {
  SessionDriver driver;
  driver.exchange();
  driver.session().shut_down();
  driver.exchange();
  EXPECT_EQ(driver.client.farewells.size(), 1U);
  EXPECT_TRUE(driver.session().is_lingering());
}

TEST(Http2Session, LeavesAfterTheLastRequestThatIsAllowed) {
  SessionDriver driver({.maximum_http2_requests = 2});
  const auto first = driver.client.get("/");
  const auto second = driver.client.get("/");
  driver.exchange();
  EXPECT_EQ(driver.client.response(first).status(), "200");
  EXPECT_EQ(driver.client.response(second).status(), "200");
  EXPECT_FALSE(driver.client.farewells.empty());
  EXPECT_TRUE(driver.session().is_lingering());
}

// Clients that know GOAWAY only with the number of the last stream try a later request again.
TEST(Http2Session, TellsTheLastStreamAtOnceWhenNoOtherIsUnderWay) {
  SessionDriver driver({.maximum_http2_requests = 1});
  const auto stream = driver.client.get("/");
  driver.exchange();
  EXPECT_EQ(driver.client.response(stream).status(), "200");
  EXPECT_EQ(driver.client.farewells,
            (std::vector<std::pair<std::int32_t, std::uint32_t>>{{stream, kNoError}}));
  EXPECT_FALSE(driver.summaries.at(0).keeps_connection);
}

// Some clients fail when they meet GOAWAY, and open no other connection.
TEST(Http2Session, ServesRequestsWithoutAnEndUnlessToldOtherwise) {
  SessionDriver driver({.maximum_requests = 2});
  for (int i = 0; i < 300; ++i) {
    const auto stream = driver.client.get("/");
    driver.exchange();
    ASSERT_EQ(driver.client.response(stream).status(), "200");
  }
  EXPECT_TRUE(driver.client.farewells.empty());
}

TEST(Http2Session, LeavesWhenOthersWaitForItsPlace) {
  SessionDriver driver;
  driver.crowded = true;
  const auto stream = driver.client.get("/");
  driver.exchange();
  EXPECT_EQ(driver.client.response(stream).status(), "200");
  EXPECT_TRUE(driver.session().is_lingering());
}

TEST(Http2Session, AnAbortTellsOfEveryExchange) {
  SessionDriver driver;
  static_cast<void>(driver.client.get("/pending"));
  static_cast<void>(driver.client.post("/x"));
  driver.exchange();
  driver.session().abort(Outcome::stopped, driver.now);
  EXPECT_TRUE(driver.session().finished());
  ASSERT_EQ(driver.summaries.size(), 2U);
  EXPECT_EQ(driver.summaries[0].outcome, Outcome::stopped);
  EXPECT_EQ(driver.handler().cancelled, 2);
}

TEST(Http2Session, TheEndOfTheInputEndsWhatIsUnderWay) {
  SessionDriver driver;
  static_cast<void>(driver.client.get("/pending"));
  driver.exchange();
  driver.session().received({}, driver.now);
  EXPECT_TRUE(driver.session().finished());
  EXPECT_EQ(driver.summaries.at(0).outcome, Outcome::client_left);
}

TEST(Http2Session, AFaultOfFramingEndsTheConnectionWithItsCode) {
  SessionDriver driver;
  driver.exchange();
  driver.feed(std::string("\0\0\5\6\0\0\0\0\0hello", 14));  // a PING of five bytes
  driver.exchange();
  ASSERT_EQ(driver.client.farewells.size(), 1U);
  EXPECT_EQ(driver.client.farewells[0].second, static_cast<std::uint32_t>(NGHTTP2_FRAME_SIZE_ERROR));
  EXPECT_TRUE(driver.session().is_lingering());
}

TEST(Http2Session, WhatIsNoPrefaceEndsTheConnection) {
  SessionDriver driver;
  driver.feed("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
  driver.exchange();
  EXPECT_TRUE(driver.session().is_lingering());
}

// RFC 9113 §5.1
TEST(Http2Session, NothingMayComeOnAStreamThatHasEnded) {
  for (const std::string& late :
       {std::string("\0\0\3\0\1\0\0\0\1abc", 12), std::string("\0\0\3\1\5\0\0\0\1\x82\x86\x84", 12)}) {
    SessionDriver driver;
    ASSERT_EQ(driver.client.get("/"), 1);
    driver.exchange();
    driver.feed(late);
    driver.exchange();
    ASSERT_EQ(driver.client.farewells.size(), 1U);
    EXPECT_NE(driver.client.farewells[0].second, kNoError);
  }
}

TEST(Http2Session, WhatComesOnAStreamThatWeHaveResetIsDropped) {
  SessionDriver driver({.maximum_content_bytes = 10});
  const auto stream = driver.client.post("/x", {{"content-length", "100"}});
  driver.exchange();
  driver.advance(seconds(2));
  ASSERT_EQ(driver.client.response(stream).reset_code, kNoError);
  driver.feed(std::string("\0\0\3\0\0\0\0\0\1abc", 12));  // on its way before the client knew
  const auto next = driver.client.get("/");
  driver.exchange();
  EXPECT_EQ(driver.client.response(next).status(), "200");
}

// What a trusted proxy says holds in both protocols.
TEST(Http2Session, BelievesWhatATrustedProxySays) {
  ProxyTrust trust{.proxies = {*Network::parse("192.0.2.0/24")}, .scheme_from = ClaimField::x_forwarded};
  SessionDriver driver;
  driver.client.get("/", {{"x-forwarded-for", "198.51.100.7"}, {"x-forwarded-proto", "https"}});
  driver.exchange();
  driver.trust(trust);
  driver.client.get("/", {{"x-forwarded-for", "198.51.100.7"}, {"x-forwarded-proto", "https"}});
  driver.exchange();
  ASSERT_EQ(driver.handler().clients.size(), 2U);
  EXPECT_EQ(driver.handler().clients[0].address_text(), "192.0.2.1") << "nobody was trusted";
  EXPECT_EQ(driver.handler().clients[1].address_text(), "198.51.100.7");
  EXPECT_EQ(driver.handler().schemes, (std::vector<Scheme>{Scheme::http, Scheme::https}));
  ASSERT_EQ(driver.summaries.size(), 2U);
  EXPECT_FALSE(driver.summaries[0].client);
  ASSERT_TRUE(driver.summaries[1].client);
  EXPECT_EQ(driver.summaries[1].client->address_text(), "198.51.100.7");
}

}  // namespace
}  // namespace bobbin::http::http2

#include "http/http2/session.h"

#include <gtest/gtest.h>

#include "http/http2/session_driver.h"

namespace bobbin::http::http2 {
namespace {

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

TEST(Http2Session, HandlersKnowTheDateOfTheAnswer) {
  SessionDriver driver;
  driver.client.get("/");
  driver.exchange();
  EXPECT_EQ(driver.handler().dates, std::vector{driver.date()});
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

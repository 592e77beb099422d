#include <gtest/gtest.h>

#include "http/http2/session_driver.h"

// The content of answers: how it is pulled from its source and divided into frames.
namespace bobbin::http::http2 {
namespace {

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

}  // namespace
}  // namespace bobbin::http::http2

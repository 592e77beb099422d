#include "http/http2/limits.h"

#include <gtest/gtest.h>

#include "http/http2/session_driver.h"

// Each flood ends its connection with ENHANCE_YOUR_CALM, and is told of once; a little less of the same does
// not.
namespace bobbin::http::http2 {
namespace {

std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
  const auto byte = [](std::size_t value) { return static_cast<char>(value & 0xff); };
  std::string made{
      byte(payload.size() >> 16), byte(payload.size() >> 8), byte(payload.size()), byte(type),  byte(flags),
      byte(stream >> 24),         byte(stream >> 16),        byte(stream >> 8),    byte(stream)};
  return made.append(payload);
}

constexpr std::string_view kGet = "\x82\x86\x84\x01\x01\x61";  // GET, http, /, :authority: a
const std::string kPing = frame(NGHTTP2_PING, 0, 0, "12345678");
const std::string kSettingsFrame = frame(NGHTTP2_SETTINGS, 0, 0, "");
const std::string kEmptyData = frame(NGHTTP2_DATA, 0, 1, "");
const std::string kPriority = frame(NGHTTP2_PRIORITY, 0, 3, std::string("\0\0\0\1\0", 5));

class Http2Limits : public testing::Test {
 protected:
  Http2Limits() { driver.exchange(); }
  /// Bytes that no client makes which means well.
  void feed(std::string_view bytes) {
    driver.client_is_away = true;
    driver.feed(bytes);
    driver.exchange();
  }
  void feed_times(std::string_view bytes, unsigned times) {
    for (unsigned i = 0; i < times; ++i) feed(bytes);
  }
  /// The error codes of all frames of this type that were sent; all of them are small.
  [[nodiscard]] std::vector<int> codes(std::uint8_t type) const {
    std::vector<int> found;
    for (std::string_view rest = driver.output; rest.size() >= 9;) {
      const auto byte = [&rest](std::size_t at) { return static_cast<std::uint8_t>(rest[at]); };
      const std::size_t size = std::size_t{9} + byte(0) * 65'536U + byte(1) * 256U + byte(2);
      if (byte(3) == type) found.push_back(byte(type == NGHTTP2_GOAWAY ? 16 : 12));
      rest.remove_prefix(size);
    }
    return found;
  }
  void expect_calm(std::string_view limit) {
    EXPECT_EQ(driver.limits, std::vector<std::string>{std::string(limit)});
    EXPECT_EQ(codes(NGHTTP2_GOAWAY), std::vector<int>{NGHTTP2_ENHANCE_YOUR_CALM});
    EXPECT_TRUE(driver.session().is_lingering());
  }

  SessionDriver driver;
};

TEST_F(Http2Limits, Pings) {
  feed_times(kPing, kPings.burst);
  EXPECT_TRUE(driver.limits.empty());
  feed(kPing);
  expect_calm("pings");
}

TEST_F(Http2Limits, ARateThatIsKeptIsKeptForEver) {
  for (int second = 0; second < 100; ++second) {
    feed_times(kPing, kPings.per_second);
    driver.now += seconds(1);
  }
  EXPECT_TRUE(driver.limits.empty());
}

TEST_F(Http2Limits, PingsInOnePiece) {
  std::string all;
  for (int i = 0; i < 5'000; ++i) all += kPing;
  feed(all);
  expect_calm("pings");
}

TEST_F(Http2Limits, Settings) {
  feed_times(kSettingsFrame, kSettings.burst - 1);  // the client has sent one
  EXPECT_TRUE(driver.limits.empty());
  feed(kSettingsFrame);
  expect_calm("settings");
}

TEST_F(Http2Limits, EmptyFrames) {
  static_cast<void>(driver.client.post("/x"));
  driver.exchange();
  feed_times(kEmptyData, kEmptyFrames.burst);
  EXPECT_TRUE(driver.limits.empty());
  feed(kEmptyData);
  expect_calm("empty_frames");
  EXPECT_EQ(driver.handler().cancelled, 1);
}

TEST_F(Http2Limits, Priorities) {
  feed_times(kPriority, kPriorities.burst);
  EXPECT_TRUE(driver.limits.empty());
  feed(kPriority);
  expect_calm("priorities");
}

// CVE-2023-44487: streams that are begun and reset at once.
TEST_F(Http2Limits, RapidReset) {
  for (unsigned i = 0; i <= kResets.burst; ++i) {
    EXPECT_TRUE(driver.limits.empty());
    const auto stream = driver.client.get("/pending");
    driver.feed(driver.client.output());
    driver.client.reset(stream);
    driver.feed(driver.client.output());
  }
  driver.exchange();
  expect_calm("resets");
  EXPECT_EQ(driver.handler().cancelled, static_cast<int>(kResets.burst) + 1);
  EXPECT_EQ(driver.summaries.size(), kResets.burst + 1);
}

// The same by faults that make the server reset the stream.
TEST_F(Http2Limits, ResetsThatFaultsLeadTo) {
  for (std::uint32_t stream = 1; driver.limits.empty() && stream < 4 * kResets.burst; stream += 2) {
    feed(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, stream,
               std::string(kGet) + std::string("\0\1X\1y", 5)));
  }
  EXPECT_EQ(driver.limits, std::vector<std::string>{"resets"});
}

TEST_F(Http2Limits, Continuations) {
  feed(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1, kGet));
  feed_times(frame(NGHTTP2_CONTINUATION, 0, 1, ""), kMaximumContinuations);
  EXPECT_TRUE(driver.limits.empty());
  feed(frame(NGHTTP2_CONTINUATION, 0, 1, ""));
  expect_calm("continuations");
}

// A field of 4,000 bytes goes into the table; each byte after it repeats that field.
TEST_F(Http2Limits, AHeadThatIsSmallOnlyWhileItIsCompressed) {
  std::string block(kGet);
  block += std::string("\x40\x01x\x7f\xa1\x1e", 6) + std::string(4'000, 'y');
  block += std::string(10'000, '\xbe');
  feed(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM | NGHTTP2_FLAG_END_HEADERS, 1, block));
  expect_calm("head_size");
}

TEST_F(Http2Limits, Streams) {
  for (std::uint32_t i = 0; i < kMaximumStreams; ++i) static_cast<void>(driver.client.get("/pending"));
  driver.exchange();
  EXPECT_EQ(driver.session().requests(), kMaximumStreams);
  // A client that has acknowledged the limit must not begin one more (RFC 9113 §5.1.2).
  feed(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 2 * kMaximumStreams + 1,
             kGet));
  EXPECT_EQ(driver.session().requests(), kMaximumStreams);
  EXPECT_EQ(codes(NGHTTP2_GOAWAY), std::vector<int>{NGHTTP2_PROTOCOL_ERROR});
}

TEST_F(Http2Limits, StreamsOfAClientThatDoesNotKnowTheLimitYet) {
  SessionDriver early;
  std::string all = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + kSettingsFrame;
  for (std::uint32_t i = 0; i < kMaximumStreams + 10; ++i)
    all += frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 2 * i + 1, kGet);
  early.client_is_away = true;
  early.feed(all);
  early.exchange();
  EXPECT_EQ(early.session().requests(), kMaximumStreams);
  EXPECT_EQ(early.summaries.size(), kMaximumStreams) << "the others may be tried again";
}

// PING is answered by a frame each, so a client that sends and takes nothing is not read any more.
TEST_F(Http2Limits, NothingIsReadFromAClientThatTakesNothing) {
  driver.stalled = true;
  for (int second = 0; second < 1'000 && driver.session().wants_input(); ++second) {
    driver.feed(kPing);
    driver.now += seconds(1);
  }
  EXPECT_FALSE(driver.session().wants_input());
  EXPECT_TRUE(driver.limits.empty());
  driver.stalled = false;
  driver.exchange();
  EXPECT_TRUE(driver.session().wants_input());
}

}  // namespace
}  // namespace bobbin::http::http2

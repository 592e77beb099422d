#include "http/http1/content_decoder.h"

#include <gtest/gtest.h>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "http/http1/guarded_text.h"

namespace bobbin::http::http1 {
namespace {

using namespace std::string_literals;
using Kind = ContentFraming::Kind;

constexpr ContentFraming kChunked{Kind::chunked, 0};
constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

struct DecodingOutcome {
  std::string verdict = "need more";  ///< or "finished" or "400 …"
  std::string content{};              ///< all of it, joined
  std::size_t consumed_bytes = 0;     ///< not compared after a refusal: nobody reads on then
  friend bool operator==(const DecodingOutcome&, const DecodingOutcome&) = default;
};

std::ostream& operator<<(std::ostream& out, const DecodingOutcome& outcome) {
  return out << outcome.verdict << ", " << outcome.consumed_bytes << " consumed, content "
             << testing::PrintToString(outcome.content.substr(0, 80));
}

/// Gives `piece` to the decoder as a session does, and holds every step to its contract.
/// True while more is wanted.
bool give(ContentDecoder& decoder, std::string_view piece, DecodingOutcome& outcome) {
  while (true) {
    const ContentDecoder::Result result = decoder.decode(as_bytes(piece));
    if (const auto* refusal = std::get_if<Refusal>(&result)) {
      outcome.verdict = std::to_string(code(refusal->status)) + " " + std::string(refusal->reason);
      outcome.consumed_bytes = 0;
      return false;
    }
    const auto& [consumed, content, finished] = std::get<ContentDecoder::Step>(result);
    EXPECT_LE(consumed, piece.size());
    const std::string_view text = as_text(content);
    if (!text.empty()) {
      EXPECT_GE(text.data(), piece.data()) << "content is a part of the input";
      EXPECT_EQ(text.data() + text.size(), piece.data() + consumed)
          << "what was consumed ends with the content";
    }
    EXPECT_TRUE(finished || !text.empty() || consumed == piece.size()) << "consumes everything otherwise";
    EXPECT_EQ(decoder.finished(), finished);
    outcome.content += text;
    outcome.consumed_bytes += consumed;
    if (finished) {
      outcome.verdict = "finished";
      return false;
    }
    piece.remove_prefix(consumed);
    if (piece.empty()) return true;
  }
}

DecodingOutcome feed(GuardedText& memory, const ContentFraming& framing, std::uint64_t limit,
                     std::string_view text, const std::vector<std::size_t>& ends) {
  ContentDecoder decoder(framing, limit);
  DecodingOutcome outcome;
  std::size_t start = 0;
  for (const std::size_t end : ends) {
    if (!give(decoder, memory.hold(text.substr(start, end - start)), outcome)) break;
    start = end;
  }
  return outcome;
}

/// What becomes of `text`, given whole; fails the test when it is anything else byte by byte or in two
/// pieces.
DecodingOutcome decode(std::string_view text, std::uint64_t limit = kNoLimit,
                       const ContentFraming& framing = kChunked) {
  GuardedText memory(text.size() + 1);
  const DecodingOutcome whole = feed(memory, framing, limit, text, {text.size()});
  std::vector<std::size_t> every_byte;
  for (std::size_t end = 0; end <= text.size(); ++end) every_byte.push_back(end);
  EXPECT_EQ(feed(memory, framing, limit, text, every_byte), whole) << "byte by byte";
  const std::size_t step = text.size() < 2000 ? 1 : 97;
  for (std::size_t split = 0; split < text.size(); split += step)
    EXPECT_EQ(feed(memory, framing, limit, text, {split, text.size()}), whole) << "split at " << split;
  return whole;
}

int status_of(const DecodingOutcome& outcome) {
  if (outcome.verdict == "finished") return 200;
  return outcome.verdict == "need more" ? 0 : std::stoi(outcome.verdict);
}

constexpr int kFinished = 200;
constexpr int kNeedMoreContent = 0;

struct DecodingCase {
  const char* section;
  std::string text;
  int status;
  std::string content = {};
};

void expect_outcomes(const std::vector<DecodingCase>& cases) {
  for (const auto& [section, text, status, content] : cases) {
    SCOPED_TRACE(std::string(section) + "\n" + testing::PrintToString(text));
    const DecodingOutcome got = decode(text);
    EXPECT_EQ(status_of(got), status) << got;
    if (status == kFinished || status == kNeedMoreContent) {
      EXPECT_EQ(got.content, content);
      EXPECT_EQ(got.consumed_bytes, text.size());
    }
  }
}

TEST(ContentDecoder, WithoutContentThereIsNothingToRead) {  // RFC 9112 §6.3 items 6 and 7
  for (const ContentFraming framing : {ContentFraming{Kind::none, 0}, ContentFraming{Kind::length, 0}}) {
    const ContentDecoder decoder(framing, 0);
    EXPECT_TRUE(decoder.finished());
    EXPECT_EQ(decode("GET / HTTP/1.1\r\n", 0, framing), (DecodingOutcome{"finished", "", 0}));
  }
}

TEST(ContentDecoder, CountedContent) {  // RFC 9112 §6.2, §6.3 item 6
  const ContentFraming five{Kind::length, 5};
  EXPECT_FALSE(ContentDecoder(five, 5).finished());
  EXPECT_EQ(decode("", 5, five), (DecodingOutcome{"need more", "", 0}));
  EXPECT_EQ(decode("1234", 5, five), (DecodingOutcome{"need more", "1234", 4}));
  EXPECT_EQ(decode("12345", 5, five), (DecodingOutcome{"finished", "12345", 5}));
  EXPECT_EQ(decode("\r\n\0\r\n"s, 5, five), (DecodingOutcome{"finished", "\r\n\0\r\n"s, 5}));
  EXPECT_EQ(decode("12345GET / HTTP/1.1\r\n", 5, five), (DecodingOutcome{"finished", "12345", 5}));
}

TEST(ContentDecoder, CountedContentBeyondTheLimitIsRefusedBeforeItComes) {  // RFC 9110 §15.5.14
  const ContentFraming six{Kind::length, 6};
  EXPECT_EQ(status_of(decode("", 5, six)), 413);
  EXPECT_EQ(status_of(decode("123456", 5, six)), 413);
  EXPECT_EQ(status_of(decode("123456", 6, six)), kFinished);
  EXPECT_EQ(status_of(decode("", 5, {Kind::length, 9223372036854775807U})), 413);
}

TEST(ContentDecoder, Chunks) {
  expect_outcomes({
      {"RFC 9112 §7.1", "", kNeedMoreContent},
      {"RFC 9112 §7.1: no content", "0\r\n\r\n", kFinished, ""},
      {"RFC 9112 §7.1", "5\r\nhello\r\n0\r\n\r\n", kFinished, "hello"},
      {"RFC 9112 §7.1", "5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n", kFinished, "hello world"},
      {"RFC 9112 §7.1: hexadecimal", "10\r\n0123456789abcdef\r\n0\r\n\r\n", kFinished, "0123456789abcdef"},
      {"RFC 9112 §7.1: either case", "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n", kFinished,
       "01234567890123456789a"},
      {"RFC 9112 §7.1: leading zeros", "005\r\nhello\r\n000\r\n\r\n", kFinished, "hello"},
      {"16 digits", "0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n", kFinished, "hello"},
      {"RFC 9112 §7.1: data may look like framing", "7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n", kFinished,
       "0\r\n\r\n\r\n"},
      {"RFC 9112 §7.1: any byte is data", "4\r\n\0\xff\r\n\r\n0\r\n\r\n"s, kFinished, "\0\xff\r\n"s},
      {"RFC 9112 §8: cut off", "5\r\nhel", kNeedMoreContent, "hel"},
      {"RFC 9112 §8: cut off", "5\r\nhello\r\n", kNeedMoreContent, "hello"},
      {"RFC 9112 §8: cut off", "5\r\nhello\r\n0\r\n", kNeedMoreContent, "hello"},
      {"RFC 9112 §8: cut off", "0\r\n\r", kNeedMoreContent, ""},
  });
}

TEST(ContentDecoder, WhatFollowsIsLeft) {  // RFC 9112 §9.3.2
  const DecodingOutcome got = decode("1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n");
  EXPECT_EQ(got.verdict, "finished");
  EXPECT_EQ(got.content, "x");
  EXPECT_EQ(got.consumed_bytes, 11U);
}

TEST(ContentDecoder, MalformedChunks) {
  const std::string rest = "\r\nhello\r\n0\r\n\r\n";
  expect_outcomes({
      {"RFC 9112 §7.1: 1*HEXDIG", rest, 400},
      {"RFC 9112 §7.1: 1*HEXDIG", "0x5" + rest, 400},
      {"RFC 9112 §7.1: 1*HEXDIG", "x5" + rest, 400},
      {"RFC 9112 §7.1: 1*HEXDIG", "5h" + rest, 400},
      {"RFC 9112 §7.1: 1*HEXDIG", "g" + rest, 400},
      {"RFC 9112 §7.1: 1*HEXDIG", "+5" + rest, 400},
      {"RFC 9112 §7.1: 1*HEXDIG", "-1" + rest, 400},
      {"RFC 9112 §7.1: 1*HEXDIG", "-0" + rest, 400},
      {"RFC 9112 §7.1: 1*HEXDIG", "5_0" + rest, 400},
      {"RFC 9112 §7.1: 1*HEXDIG", "5.0" + rest, 400},
      {"RFC 9112 §7.1: 1*HEXDIG", "5,5" + rest, 400},
      {"RFC 9112 §7.1: 1*HEXDIG", "\"5\"" + rest, 400},
      {"RFC 9112 §7.1: 1*HEXDIG",
       "\0"
       "5"s +
           rest,
       400},
      {"RFC 9112 §7.1: 1*HEXDIG", "5\0"s + rest, 400},
      {"RFC 9112 §7.1: no space in front", " 5" + rest, 400},
      {"RFC 9112 §7.1: no tab in front", "\t5" + rest, 400},
      {"RFC 9112 §7.1.1: space only before ';'", "5 " + rest, 400},
      {"RFC 9112 §7.1.1: tab only before ';'", "5\t" + rest, 400},
      {"RFC 9112 §7.1.1: space only before ';'", "5 5" + rest, 400},
      {"RFC 9112 §7.1.1: nothing but space before ';'", "5 5;a" + rest, 400},
      {"RFC 9112 §7.1.1: nothing but space before ';'", "5h;a" + rest, 400},
      {"RFC 9112 §7.1.1: nothing but space before ';'", "0x5;a" + rest, 400},
      {"RFC 9112 §7.1: no other white space", "5\v" + rest, 400},
      {"RFC 9112 §7.1: no empty line in front", "\r\n5" + rest, 400},
      {"17 digits", "00000000000000005" + rest, 400},
      {"17 digits", "fffffffffffffffff", 400},
      {"17 digits, 5 to who wraps around", "10000000000000005" + rest, 400},
      {"RFC 9112 §2.2: bare LF", "5\nhello\r\n0\r\n\r\n", 400},
      {"RFC 9112 §2.2: bare CR", "5\rhello\r\n0\r\n\r\n", 400},
      {"RFC 9112 §2.2: CR CR LF", "5\r\r\nhello\r\n0\r\n\r\n", 400},
      {"RFC 9112 §7.1: data shorter than said", "6\r\nhello\r\n0\r\n\r\n", 400},
      {"RFC 9112 §7.1: data longer than said", "4\r\nhello\r\n0\r\n\r\n", 400},
      {"RFC 9112 §7.1: bare LF behind data", "5\r\nhello\n0\r\n\r\n", 400},
      {"RFC 9112 §7.1: bare CR behind data", "5\r\nhello\r0\r\n\r\n", 400},
      {"RFC 9112 §7.1: nothing behind data", "5\r\nhello0\r\n\r\n", 400},
      {"RFC 9112 §7.1: any two bytes behind data", "5\r\nhelloXX0\r\n\r\n", 400},
      {"RFC 9112 §7.1: bare LF at the end", "0\n\n", 400},
      {"RFC 9112 §7.1: bare LF at the end", "0\r\n\n", 400},
      {"RFC 9112 §7.1: bare CR at the end", "0\r\n\rX", 400},
  });
}

TEST(ContentDecoder, ChunkExtensions) {
  const std::string rest = "\r\nhello\r\n0\r\n\r\n";
  expect_outcomes({
      {"RFC 9112 §7.1.1", "5;a" + rest, kFinished, "hello"},
      {"RFC 9112 §7.1.1", "5;ext=a" + rest, kFinished, "hello"},
      {"RFC 9112 §7.1.1", "5;ext=\"a\"" + rest, kFinished, "hello"},
      {"RFC 9112 §7.1.1", "5;a=1;b=\"; 6\"" + rest, kFinished, "hello"},
      {"RFC 9112 §7.1.1: BWS", "5 \t; a = b" + rest, kFinished, "hello"},
      {"RFC 9112 §7.1.1: of the last chunk", "5\r\nhello\r\n0;a=b\r\n\r\n", kFinished, "hello"},
      {"RFC 9110 §5.6.4: obs-text", "5;a=\"\xc3\xa9\"" + rest, kFinished, "hello"},
      // CVE-2025-55315 and its kin: who takes the LF for the end of the line sees another chunk.
      {"RFC 9112 §2.2: bare LF", "5;a\nhello\r\n0\r\n\r\n", 400},
      {"RFC 9112 §2.2: bare LF", "5;\n" + rest, 400},
      {"RFC 9112 §2.2: bare LF", "5 \n" + rest, 400},
      {"RFC 9112 §2.2: bare CR", "5;a\rb" + rest, 400},
      {"RFC 9112 §2.2: bare LF in quotes", "5;a=\"\n\"" + rest, 400},
      {"RFC 9112 §2.2: CR LF in quotes", "5;a=\"\r\nhello\r\n0\r\n\r\n", 400},
      {"RFC 9110 §5.5: NUL", "5;a\0"s + rest, 400},
      {"RFC 9110 §5.5: DEL", "5;a\x7f" + rest, 400},
  });
}

// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] ), chunk-ext-name = token,
// chunk-ext-val = token / quoted-string
TEST(ContentDecoder, ChunkExtensionsHaveTheirForm) {
  const std::string rest = "\r\nhello\r\n0\r\n\r\n";
  expect_outcomes({
      {"RFC 9112 §7.1.1: several", "5;a;b;c" + rest, kFinished, "hello"},
      {"RFC 9112 §7.1.1: every place of BWS", "5 ;\ta = b\t; c ;d=\"e\" ;f" + rest, kFinished, "hello"},
      {"RFC 9110 §5.6.2: tchar", "5;!#$%&'*+-.^_`|~09=!#$%&'*+-.^_`|~09" + rest, kFinished, "hello"},
      {"RFC 9110 §5.6.4: empty quoted-string", "5;a=\"\"" + rest, kFinished, "hello"},
      {"RFC 9110 §5.6.4: quoted-pair", "5;a=\"\\\"\\\\\\;\\\t\"" + rest, kFinished, "hello"},
      {"RFC 9112 §7.1.1: a name", "5;" + rest, 400},
      {"RFC 9112 §7.1.1: a name", "0;\r\n\r\n", 400},
      {"RFC 9112 §7.1.1: a name", "5; " + rest, 400},
      {"RFC 9112 §7.1.1: a name", "5;=x" + rest, 400},
      {"RFC 9112 §7.1.1: a name", "5;;a" + rest, 400},
      {"RFC 9112 §7.1.1: a name", "5;a;" + rest, 400},
      {"RFC 9112 §7.1.1: a name", "5;\"a\"" + rest, 400},
      {"RFC 9112 §7.1.1: a name is a token", "5;a/b" + rest, 400},
      {"RFC 9112 §7.1.1: a name is one token", "5;a b" + rest, 400},
      {"RFC 9112 §7.1.1: a value", "5;a=" + rest, 400},
      {"RFC 9112 §7.1.1: a value", "5;a= " + rest, 400},
      {"RFC 9112 §7.1.1: a value", "5;a=;b" + rest, 400},
      {"RFC 9112 §7.1.1: a value is a token", "5;a=b=c" + rest, 400},
      {"RFC 9112 §7.1.1: a value is a token", "5;a=\xc3\xa9" + rest, 400},
      {"RFC 9112 §7.1.1: a value is one token", "5;a=b c" + rest, 400},
      {"RFC 9110 §5.6.4: an open quote", "5;a=\"x" + rest, 400},
      {"RFC 9110 §5.6.4: an escaped quote is not the end", "5;a=\"x\\\"" + rest, 400},
      {"RFC 9110 §5.6.4: one quoted-string", "5;a=\"x\"y" + rest, 400},
      {"RFC 9110 §5.6.4: one quoted-string", "5;a=\"x\"\"y\"" + rest, 400},
      {"RFC 9110 §5.6.4: a quoted-pair of no control", "5;a=\"\\\x01\"" + rest, 400},
      {"RFC 9110 §5.6.4: only double quotes", "5;a='x y'" + rest, 400},
      // BWS stands in front of ';' and around '=', not in front of the line's end.
      {"RFC 9112 §7.1.1: no white space at the end", "5;a " + rest, 400},
      {"RFC 9112 §7.1.1: no white space at the end", "5;a=b\t" + rest, 400},
      {"RFC 9112 §7.1.1: no white space at the end", "5;a=\"b\" " + rest, 400},
  });
}

TEST(ContentDecoder, ChunkExtensionsAreLimitedTogether) {
  const auto chunk = [](std::size_t extension_bytes) {
    return "1;" + std::string(extension_bytes - 1, 'a') + "\r\nx\r\n";
  };
  EXPECT_EQ(status_of(decode(chunk(4096) + "0\r\n\r\n")), kFinished);
  EXPECT_EQ(status_of(decode(chunk(4097) + "0\r\n\r\n")), 400);
  EXPECT_EQ(status_of(decode("1" + std::string(4097, ' '))), 400);
  std::string many;
  for (int i = 0; i < 2048; ++i) many += chunk(2);
  EXPECT_EQ(status_of(decode(many + "0\r\n\r\n")), kFinished);
  EXPECT_EQ(status_of(decode(many + "0;a\r\n\r\n")), 400);
}

TEST(ContentDecoder, ChunksBeyondTheLimitAreRefusedBeforeTheyCome) {  // RFC 9110 §15.5.14
  struct LimitCase {
    std::string text;
    std::uint64_t limit;
    int status;
  };
  const LimitCase cases[] = {
      {"5\r\nhello\r\n0\r\n\r\n", 5, kFinished},
      {"5\r\nhello\r\n0\r\n\r\n", 4, 413},
      {"5\r\n", 4, 413},
      {"5\r\n", 5, kNeedMoreContent},
      {"0\r\n\r\n", 0, kFinished},
      {"1\r\n", 0, 413},
      {"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 5, kFinished},
      {"3\r\nabc\r\n3\r\n", 5, 413},
      {"3\r\nabc\r\n3\r\n", 6, kNeedMoreContent},
      {"3\r\nabc\r\nffffffffffffffff\r\n", 1048576, 413},
      {"fffffffffffffffd\r\n", 1048576, 413},
      // Summed up in 64 bits the two would be 2.
      {"3\r\nabc\r\nffffffffffffffff\r\n", kNoLimit, 413},
      {"ffffffff\r\n", 1048576, 413},
      {"fffffff;a\r\n", 1048576, 413},
      {"fffffffffffffffff\r\n", 1048576, 400},  // framing is judged before size
  };
  for (const auto& [text, limit, status] : cases) {
    SCOPED_TRACE(text + " within " + std::to_string(limit));
    EXPECT_EQ(status_of(decode(text, limit)), status);
  }
}

TEST(ContentDecoder, TrailerSection) {  // RFC 9112 §7.1.2
  expect_outcomes({
      {"RFC 9110 §6.5", "0\r\nX: y\r\n\r\n", kFinished},
      {"RFC 9110 §6.5", "5\r\nhello\r\n0\r\nX: y\r\nZ:\r\n\r\n", kFinished, "hello"},
      {"RFC 9110 §6.5.1: dropped, whatever it says", "0\r\nContent-Length: 5\r\nHost: evil\r\n\r\n",
       kFinished},
      {"RFC 9112 §8: cut off", "0\r\nX: y\r\n", kNeedMoreContent},
      {"RFC 9112 §5.1: space before the colon", "0\r\nX : y\r\n\r\n", 400},
      {"RFC 9112 §5.2: obs-fold", "0\r\nX: y\r\n z\r\n\r\n", 400},
      {"RFC 9112 §5.2: white space in front", "0\r\n X: y\r\n\r\n", 400},
      {"RFC 9112 §5: empty name", "0\r\n: y\r\n\r\n", 400},
      {"RFC 9112 §5: a colon", "0\r\nGET / HTTP/1.1\r\n\r\n", 400},
      {"RFC 9112 §5: a colon", "0\r\nX\r\n\r\n", 400},
      {"RFC 9112 §5: a name of tchar", "0\r\n\"X\": y\r\n\r\n", 400},
      {"RFC 9112 §2.2: bare LF", "0\r\nX: y\n\r\n", 400},
      {"RFC 9112 §2.2: bare LF", "0\r\nX: y\r\n\n", 400},
      {"RFC 9112 §2.2: bare CR", "0\r\nX: y\rz\r\n\r\n", 400},
      {"RFC 9110 §5.5: NUL", "0\r\nX: \0\r\n\r\n"s, 400},
      {"RFC 9110 §5.5: DEL", "0\r\nX: \x7f\r\n\r\n", 400},
  });
}

TEST(ContentDecoder, TheTrailerSectionIsLimited) {  // RFC 6585 §5
  const auto with_trailer = [](std::size_t bytes) {
    return "0\r\nX: " + std::string(bytes - 7, 'y') + "\r\n\r\n";
  };
  EXPECT_EQ(status_of(decode(with_trailer(8192))), kFinished);
  EXPECT_EQ(status_of(decode(with_trailer(8193))), 431);
  EXPECT_EQ(status_of(decode("0\r\n" + std::string(8193, 'X'))), 431);
}

}  // namespace
}  // namespace bobbin::http::http1

#include "coding/decoder.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "coding/encoder.h"

namespace bobbin::coding {
namespace {

using http::ContentCoding;
using namespace std::string_view_literals;

/// What becomes of a content: what it decodes to, and what is wrong with it.
struct Outcome {
  std::string text;
  std::optional<DecodingFault> fault;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// As a caller does it that has so much room, and gets pieces of so many bytes. It stops beyond `most_bytes`.
Outcome decode(ContentCoding coding, std::string_view coded, std::size_t piece_bytes = 100'000,
               std::size_t room_bytes = 16'384, std::size_t most_bytes = SIZE_MAX) {
  const auto decoder = make_decoder(coding);
  Outcome outcome;
  std::vector<std::byte> room(room_bytes);
  for (; !coded.empty(); coded.remove_prefix(std::min(piece_bytes, coded.size()))) {
    Bytes piece = as_bytes(coded.substr(0, piece_bytes));
    while (true) {
      const auto step = decoder->decode(piece, room);
      if (!step) {
        outcome.fault = step.error();
        return outcome;
      }
      outcome.text += as_text(Bytes(room).first(step->made_bytes));
      if (outcome.text.size() > most_bytes) return outcome;
      piece = piece.subspan(step->consumed_bytes);
      if (piece.empty() && step->made_bytes < room_bytes) break;
    }
  }
  outcome.fault = decoder->fault_at_end();
  return outcome;
}

Outcome whole(std::string_view text) { return {std::string(text), std::nullopt}; }
Outcome faulty(std::string_view text, DecodingFault fault) { return {std::string(text), fault}; }

std::string bytes(std::initializer_list<unsigned> values) {
  std::string text;
  for (const unsigned value : values) text += static_cast<char>(value);
  return text;
}

// `printf hello | gzip -n`
const std::string kGzipHello =
    bytes({0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xcb, 0x48, 0xcd,
           0xc9, 0xc9, 0x07, 0x00, 0x86, 0xa6, 0x10, 0x36, 0x05, 0x00, 0x00, 0x00});
// RFC 8878 §3.1.1 by hand: magic number, a descriptor of a single segment of 5 bytes, the last block, raw.
const std::string kZstdHello = bytes({0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x05, 0x29, 0x00, 0x00}) + "hello";

const std::string& hello(ContentCoding coding) {
  return coding == ContentCoding::gzip ? kGzipHello : kZstdHello;
}

class DecoderTest : public testing::TestWithParam<ContentCoding> {
 protected:
  static Outcome decode(std::string_view coded, std::size_t piece_bytes = 100'000,
                        std::size_t room_bytes = 16'384, std::size_t most_bytes = SIZE_MAX) {
    return coding::decode(GetParam(), coded, piece_bytes, room_bytes, most_bytes);
  }
};

TEST_P(DecoderTest, DecodesWhatOthersHaveCoded) { EXPECT_EQ(decode(hello(GetParam())), whole("hello")); }

TEST_P(DecoderTest, DecodesWhateverThePiecesAndTheRoom) {
  std::string text;
  for (std::size_t i = 0; text.size() < 700'000; ++i) text += std::to_string(i * 7919 % 10007) + " ";
  const std::string coded = encoded(text, GetParam());
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, coded.size()})
    for (const std::size_t room : {1000, 16'384, 1'000'000})
      EXPECT_EQ(decode(coded, piece, room), whole(text)) << piece << " " << room;
  EXPECT_EQ(decode(hello(GetParam()), 1, 1), whole("hello"));
}

TEST_P(DecoderTest, AnEmptyTextIsWhole) { EXPECT_EQ(decode(encoded("", GetParam())), whole("")); }

TEST_P(DecoderTest, NoContentIsTruncated) { EXPECT_EQ(decode(""), faulty("", DecodingFault::truncated)); }

TEST_P(DecoderTest, SeveralMembersOrFramesAreOneContent) {
  const std::string empty = encoded("", GetParam());
  const std::string coded = hello(GetParam()) + empty + encoded(" world", GetParam()) + empty;
  for (const std::size_t piece : {1, 2, 3, 100}) EXPECT_EQ(decode(coded, piece), whole("hello world"));
}

TEST_P(DecoderTest, EveryFrontOfAContentIsTruncated) {
  const std::string coded = hello(GetParam());
  for (std::size_t size = 0; size < coded.size(); ++size)
    for (const std::size_t piece : {1, 100})
      EXPECT_EQ(decode(coded.substr(0, size), piece).fault, DecodingFault::truncated) << size;
  for (std::size_t size = 4; size < coded.size(); ++size)
    EXPECT_EQ(decode(coded + coded.substr(0, size)).fault, DecodingFault::truncated) << size;
}

TEST_P(DecoderTest, WhatStandsBehindTheEndIsToldFromDamage) {
  for (const std::string_view behind : {"\n"sv, "\0\0"sv, "hello"sv, "{\"a\": 1}"sv})
    for (const std::size_t piece : {1, 100})
      EXPECT_EQ(decode(hello(GetParam()) + std::string(behind), piece),
                faulty("hello", DecodingFault::trailing_bytes))
          << behind;
}

TEST_P(DecoderTest, OtherContentIsDamaged) {
  for (const std::string_view text : {"{\"a\": 1}", "hello hello hello"})
    for (const std::size_t piece : {1, 100})
      EXPECT_EQ(decode(text, piece), faulty("", DecodingFault::damaged));
  const ContentCoding other = GetParam() == ContentCoding::gzip ? ContentCoding::zstd : ContentCoding::gzip;
  EXPECT_EQ(decode(hello(other)), faulty("", DecodingFault::damaged));
}

TEST_P(DecoderTest, OfABombNoMoreIsMadeThanWasAskedFor) {
  std::string bomb;
  {
    const auto encoder = make_encoder(GetParam());
    const std::string zeros(1'000'000, '\0');
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(encoder->encode(as_bytes(zeros), bomb));
    ASSERT_TRUE(encoder->finish(bomb));
  }
  ASSERT_LT(bomb.size(), 300'000U);
  const Outcome outcome = decode(bomb, bomb.size(), 16'384, 1'000'000);
  EXPECT_GT(outcome.text.size(), 1'000'000U);
  EXPECT_LE(outcome.text.size(), 1'016'384U);
}

INSTANTIATE_TEST_SUITE_P(, DecoderTest, testing::Values(ContentCoding::gzip, ContentCoding::zstd),
                         [](const auto& test) { return std::string(http::name_of(test.param)); });

TEST(GzipDecoder, ChecksumSizeAndFlagsAreVerified) {
  for (const std::size_t at : {2UL, 3UL, kGzipHello.size() - 8, kGzipHello.size() - 4}) {
    std::string altered = kGzipHello;
    altered[at] = static_cast<char>(altered[at] ^ 0x80);
    EXPECT_EQ(decode(ContentCoding::gzip, altered).fault, DecodingFault::damaged) << at;
  }
}

TEST(GzipDecoder, NameCommentAndExtraFieldAreSkipped) {
  // RFC 1952 §2.3: FEXTRA, FNAME and FCOMMENT.
  const std::string head =
      bytes({0x1f, 0x8b, 0x08, 0x1c, 1, 2, 3, 4, 0, 0xff, 2, 0, 'x', 'y', 'n', 0, 'c', 0});
  EXPECT_EQ(decode(ContentCoding::gzip, head + kGzipHello.substr(10), 1), whole("hello"));
}

TEST(ZstdDecoder, AChecksumIsVerified) {
  // `printf hello | zstd --no-progress -c` of zstd 1.5.4.
  const std::string coded = bytes({0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x29, 0x00, 0x00, 0x68, 0x65, 0x6c,
                                   0x6c, 0x6f, 0xa3, 0x6d, 0x9f, 0x88});
  EXPECT_EQ(decode(ContentCoding::zstd, coded), whole("hello"));
  std::string altered = coded;
  altered.back() = 0;
  for (const std::size_t piece : {1, 100})
    EXPECT_EQ(decode(ContentCoding::zstd, altered, piece).fault, DecodingFault::damaged);
}

TEST(ZstdDecoder, FramesToBeSkippedAreSkipped) {
  const std::string skipped = bytes({0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0}) + "abc";
  EXPECT_EQ(decode(ContentCoding::zstd, skipped + kZstdHello + skipped, 1), whole("hello"));
  EXPECT_EQ(decode(ContentCoding::zstd, skipped.substr(0, 9)).fault, DecodingFault::truncated);
}

// RFC 8878 §3.1.1.1.2: a window of 2 to the (10 + exponent), and of eighths of it more.
TEST(ZstdDecoder, AWindowMayHaveEightMebibytes) {
  const auto frame = [](unsigned window) {
    return bytes({0x28, 0xb5, 0x2f, 0xfd, 0x00, window, 0x29, 0x00, 0x00}) + "hello";
  };
  EXPECT_EQ(decode(ContentCoding::zstd, frame(13U << 3U)), whole("hello"));
  for (const unsigned window : {13U << 3U | 1U, 14U << 3U, 17U << 3U, 31U << 3U | 7U})
    for (const std::size_t piece : {1, 100})
      EXPECT_EQ(decode(ContentCoding::zstd, frame(window), piece),
                faulty("", DecodingFault::window_too_large));
}

// The library takes a way of its own for frames that tell their size and that it gets whole.
TEST(ZstdDecoder, AWindowIsTooLargeEvenForASmallContent) {
  const std::string frame =
      bytes({0x28, 0xb5, 0x2f, 0xfd, 0x80, 17U << 3U, 5, 0, 0, 0, 0x29, 0x00, 0x00}) + "hello";
  for (const std::size_t piece : {1, 5, 100})
    EXPECT_EQ(decode(ContentCoding::zstd, frame, piece), faulty("", DecodingFault::window_too_large));
}

TEST(ZstdDecoder, FramesOfOldVersionsAndWithDictionariesAreNotDecoded) {
  for (unsigned version = 0x22; version <= 0x27; ++version)
    for (const std::size_t piece : {1, 100})
      EXPECT_EQ(decode(ContentCoding::zstd, static_cast<char>(version) + kZstdHello.substr(1), piece),
                faulty("", DecodingFault::damaged));
  const std::string frame = bytes({0x28, 0xb5, 0x2f, 0xfd, 0x21, 7, 0x05, 0x29, 0x00, 0x00}) + "hello";
  for (const std::size_t piece : {1, 100})
    EXPECT_EQ(decode(ContentCoding::zstd, frame, piece), faulty("", DecodingFault::needs_dictionary));
}

TEST(Decoder, TheWindowOfZstdTakesMemoryAsItIsFilled) {
  const auto bytes_of = [](std::uint64_t made) { return decoder_memory_bytes(ContentCoding::zstd, made); };
  EXPECT_GE(bytes_of(1'000'000), bytes_of(0) + 1'000'000);
  EXPECT_EQ(bytes_of(100'000'000), bytes_of(1'000'000'000)) << "it has an end";
}

}  // namespace
}  // namespace bobbin::coding

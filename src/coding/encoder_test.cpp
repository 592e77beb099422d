#include "coding/encoder.h"

#include <gtest/gtest.h>

#include "coding/test_decoder.h"

namespace bobbin::coding {
namespace {

using http::ContentCoding;

/// Like source text: words that come again.
std::string text_of(std::size_t size_bytes) {
  std::string text;
  for (std::size_t i = 0; text.size() < size_bytes; ++i)
    text += "line " + std::to_string(i * 7919 % 1000) + " of the text\n";
  text.resize(size_bytes);
  return text;
}

std::string coded_in_pieces(std::string_view text, ContentCoding coding, std::size_t piece_bytes) {
  const auto encoder = make_encoder(coding);
  std::string out;
  for (; !text.empty(); text.remove_prefix(std::min(piece_bytes, text.size())))
    EXPECT_TRUE(encoder->encode(as_bytes(text.substr(0, piece_bytes)), out));
  EXPECT_TRUE(encoder->finish(out));
  return out;
}

class EncoderTest : public testing::TestWithParam<ContentCoding> {};

TEST_P(EncoderTest, WhatIsDecodedIsWhatWasCoded) {
  for (const std::size_t size : {0, 1, 1000, 16384, 300'000, 3'000'000}) {
    const std::string text = text_of(size);
    const std::string coded = encoded(text, GetParam());
    EXPECT_EQ(decoded(coded, GetParam()), text) << size;
    EXPECT_LT(coded.size(), size / 2 + 50);
  }
}

TEST_P(EncoderTest, TheBytesDoNotDependOnThePieces) {
  const std::string text = text_of(700'000);
  const std::string whole = encoded(text, GetParam());
  for (const std::size_t piece : {1000, 65'536, 262'144, 700'000})
    EXPECT_EQ(coded_in_pieces(text, GetParam(), piece), whole) << piece;
}

TEST_P(EncoderTest, AVersionTellsLibraryAndEffort) {
  EXPECT_FALSE(encoder_version(GetParam()).empty());
  EXPECT_NE(encoder_version(ContentCoding::gzip), encoder_version(ContentCoding::zstd));
}

INSTANTIATE_TEST_SUITE_P(, EncoderTest, testing::Values(ContentCoding::gzip, ContentCoding::zstd),
                         [](const auto& test) { return std::string(http::name_of(test.param)); });

}  // namespace
}  // namespace bobbin::coding

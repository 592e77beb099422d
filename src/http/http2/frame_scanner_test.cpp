#include "http/http2/frame_scanner.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace bobbin::http::http2 {
namespace {

const std::string kInput =
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9) +  // SETTINGS
    std::string("\0\0\3\0\0\0\0\0\5abc", 12) +                                   // DATA
    std::string("\0\0\0\0\1\x80\0\1\2", 9) +  // DATA with nothing in it; a reserved bit
    std::string("\0\0\2\1\5\0\0\0\7ab", 11);  // HEADERS

std::vector<std::int32_t> streams_of(std::size_t piece) {
  FrameScanner scanner;
  std::vector<std::int32_t> found;
  for (std::size_t at = 0; at < kInput.size(); at += piece)
    for (Bytes rest = as_bytes(std::string_view(kInput).substr(at, piece)); !rest.empty();) {
      const auto step = scanner.next(rest);
      EXPECT_GT(step.bytes, 0U);
      if (step.data) found.push_back(*step.data);
      rest = rest.subspan(step.bytes);
    }
  return found;
}

TEST(FrameScanner, FindsTheStreamsOfDataFramesHoweverTheyAreCut) {
  for (const std::size_t piece : {1U, 2U, 5U, 9U, 40U, 1000U})
    EXPECT_EQ(streams_of(piece), (std::vector<std::int32_t>{5, 258})) << piece;
}

TEST(FrameScanner, StopsBehindTheHead) {
  FrameScanner scanner;
  const auto step = scanner.next(as_bytes(kInput));
  EXPECT_EQ(step.bytes, 24U + 9U + 9U);
}

}  // namespace
}  // namespace bobbin::http::http2

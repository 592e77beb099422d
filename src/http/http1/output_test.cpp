#include "http/http1/output.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace bobbin::http::http1 {
namespace {

FilePiece slice(std::uint64_t offset, std::uint64_t length) {
  return {.descriptor = -1, .offset = offset, .length = length};
}

// As long as it may be without being copied behind its head, and one byte more.
const std::string kSmall(4096, 's');
const std::string kLarge(4097, 'L');

/// Bytes as they are, of a file a letter for each.
std::string text_of(const Outgoing& out) {
  std::string text;
  for (const Bytes piece : out.bytes) text += as_text(piece);
  if (out.file != nullptr) text.append(static_cast<std::size_t>(out.file->length), 'f');
  return text;
}

/// Everything, taking at most `step` bytes at a time.
std::string drain(Output& output, std::size_t step) {
  std::string all;
  while (!output.empty()) {
    const std::uint64_t before = output.pending_bytes();
    const std::string offered = text_of(output.front());
    const std::string taken = offered.substr(0, step);
    output.consume(taken.size());
    EXPECT_EQ(output.pending_bytes(), before - taken.size());
    all += taken;
  }
  return all;
}

/// Two answers with everything that a content can be.
std::string fill(Output& output) {
  output.text() += "head1 ";
  output.add(std::string(kSmall));
  output.add(std::string(kLarge));
  output.add(slice(10, 300));
  output.text() += "head2 ";
  output.add(std::make_shared<const std::string>(kLarge));
  output.add(std::string("part1 "));
  output.add(slice(0, 5));
  output.add(std::string());
  output.add(as_bytes(kLarge));
  output.add(as_bytes("end"));
  return "head1 " + kSmall + kLarge + std::string(300, 'f') + "head2 " + kLarge + "part1 fffff" + kLarge +
         "end";
}

TEST(Output, LeavesInOrderHoweverItIsTaken) {
  for (const std::size_t step : {1UL, 2UL, 7UL, 4096UL, 4097UL, 1UL << 20}) {
    Output output;
    const std::string expected = fill(output);
    EXPECT_EQ(output.pending_bytes(), expected.size());
    EXPECT_EQ(drain(output, step), expected) << step;
  }
}

TEST(Output, CanBeAddedToWhileItLeaves) {
  for (const std::size_t step : {1UL, 100UL, 70'000UL}) {
    Output output;
    std::string expected;
    std::string got;
    for (int i = 0; i < 40; ++i) {
      expected += fill(output);
      got += text_of(output.front()).substr(0, step);
      output.consume(got.size() - (expected.size() - output.pending_bytes()));
    }
    EXPECT_EQ(got + drain(output, step), expected) << step;
  }
}

TEST(Output, HeadsAndSmallContentsAreOnePiece) {
  Output output;
  output.text() += "head1 ";
  output.add(std::string(kSmall));
  output.text() += "head2 ";
  const Outgoing out = output.front();
  EXPECT_EQ(out.bytes.size(), 1U);
  EXPECT_FALSE(out.more);
}

TEST(Output, TellsWhetherMoreFollows) {
  Output output;
  output.text() += "head";
  output.add(slice(0, 10));
  EXPECT_FALSE(output.front().more) << "the slice is offered as well";
  output.text() += "head";
  EXPECT_TRUE(output.front().more);
  output.consume(4 + 10);
  EXPECT_FALSE(output.front().more);

  Output many;
  for (int i = 0; i < 20; ++i) many.add(as_bytes(kLarge));
  EXPECT_TRUE(many.front().more) << "a call takes a few pieces only";
}

TEST(Output, APieceOfAFileAdvances) {
  Output output;
  output.add(slice(100, 50));
  output.text() += "next head";
  output.consume(20);
  ASSERT_NE(output.front().file, nullptr);
  EXPECT_EQ(output.front().file->offset, 120U);
  EXPECT_EQ(output.front().file->length, 30U);
  output.consume(30);
  EXPECT_EQ(text_of(output.front()), "next head");
}

TEST(Output, KeepsItsMemoryForTheNextAnswerButNotALotOfIt) {
  Output output;
  output.text() = std::string(10'000, 'x');
  output.consume(10'000);
  EXPECT_GE(output.text().capacity(), 10'000U);
  output.text() = std::string(1'000'000, 'x');
  output.consume(1'000'000);
  EXPECT_LT(output.text().capacity(), 100'000U);
}

TEST(Output, ShrinksToWhatIsLeft) {
  Output output;
  output.text() = std::string(50'000, 'x');
  output.add(slice(0, 10));
  output.text() += "next head";
  output.consume(49'990);
  output.shrink();
  EXPECT_LT(output.text().capacity(), 100U);
  EXPECT_EQ(drain(output, 3), std::string(10, 'x') + std::string(10, 'f') + "next head");
}

TEST(Output, AQueueThatNeverRunsEmptyKeepsLittleOfWhatHasLeft) {
  Output output;
  output.text() += "head ";
  for (int i = 0; i < 10'000; ++i) {
    output.text() += std::string(100, 'x');
    output.consume(100);
  }
  EXPECT_LT(output.text().size(), 100'000U);
  EXPECT_EQ(output.pending_bytes(), 5U);
}

}  // namespace
}  // namespace bobbin::http::http1

#include "observe/line_builder.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <limits>
#include <string>

namespace bobbin::observe {
namespace {

TEST(LineBuilder, AddsPieceByPiece) {
  LineBuilder line;
  EXPECT_EQ(line.text(), "");
  line.add("one");
  line.add(' ');
  line.add("");
  line.add_number(2);
  EXPECT_EQ(line.text(), "one 2");
  EXPECT_EQ(line.size(), 5U);
}

TEST(LineBuilder, WritesNumbersToTheirLimits) {
  LineBuilder line;
  line.add_number(std::numeric_limits<std::uint64_t>::max());
  line.add(' ');
  line.add_number(std::numeric_limits<std::int64_t>::min());
  line.add(' ');
  line.add_number(std::uint8_t{255});
  EXPECT_EQ(line.text(), "18446744073709551615 -9223372036854775808 255");
}

TEST(LineBuilder, CountsWhatIsWrittenIntoItsRoom) {
  LineBuilder line;
  line.add("ab");
  std::memcpy(line.room(10), "cdefghijkl", 10);
  EXPECT_EQ(line.text(), "ab");
  line.extend(3);
  line.add('!');
  EXPECT_EQ(line.text(), "abcde!");
}

TEST(LineBuilder, RepeatsItsFront) {
  LineBuilder line;
  line.add("ab,");
  line.add("cd\n");
  line.repeat_front(3);
  EXPECT_EQ(line.text(), "ab,cd\nab,");
}

// Each kind of piece comes upon the end of the memory, at every distance from it.
TEST(LineBuilder, GrowsAsNeeded) {
  for (std::size_t first = 1; first <= 5000; ++first) {
    LineBuilder line;
    std::string want(first, 'x');
    line.add(want);
    for (int round = 0; round < 3; ++round) {
      line.add('y');
      line.add_number(123456);
      line.add("zz");
      line.repeat_front(1);
      want += "y123456zzx";
    }
    ASSERT_EQ(line.text(), want);
  }
  LineBuilder line;
  std::string want;
  for (int i = 0; i < 100'000; ++i) {
    line.add_number(i);
    want += std::to_string(i);
  }
  EXPECT_EQ(line.text(), want);
}

}  // namespace
}  // namespace bobbin::observe

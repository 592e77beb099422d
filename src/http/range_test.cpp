#include "http/range.h"

#include <gtest/gtest.h>
#include <string>

namespace bobbin::http {

void PrintTo(const ByteRange& range, std::ostream* out) {
  *out << range.length << " bytes at " << range.offset;
}

namespace {

using Kind = RangeSelection::Kind;

struct SelectionCase {
  std::string field;
  Kind kind;
  std::vector<ByteRange> ranges;
};

void expect(const std::vector<SelectionCase>& cases, std::uint64_t size) {
  for (const auto& [field, kind, ranges] : cases) {
    SCOPED_TRACE(field);
    const RangeSelection selection = select_ranges(field, size);
    EXPECT_EQ(selection.kind, kind);
    EXPECT_EQ(selection.ranges, ranges);
  }
}

TEST(Range, SelectsPartsOfAnElevenByteFile) {
  expect(
      {
          // RFC 9110 §14.1.2: int-range
          {"bytes=0-4", Kind::partial, {{0, 5}}},
          {"bytes=5-5", Kind::partial, {{5, 1}}},
          {"bytes=0-0", Kind::partial, {{0, 1}}},
          {"bytes=10-10", Kind::partial, {{10, 1}}},
          {"bytes=5-", Kind::partial, {{5, 6}}},
          {"bytes=0-", Kind::partial, {{0, 11}}},
          {"bytes=5-10", Kind::partial, {{5, 6}}},
          {"bytes=5-11", Kind::partial, {{5, 6}}},  // past the end: up to the end
          {"bytes=5-99999", Kind::partial, {{5, 6}}},
          {"bytes=0005-0006", Kind::partial, {{5, 2}}},
          {"bytes=11-", Kind::unsatisfiable, {}},
          {"bytes=11-12", Kind::unsatisfiable, {}},
          {"bytes=99999-", Kind::unsatisfiable, {}},
          // suffix-range
          {"bytes=-5", Kind::partial, {{6, 5}}},
          {"bytes=-1", Kind::partial, {{10, 1}}},
          {"bytes=-11", Kind::partial, {{0, 11}}},
          {"bytes=-12", Kind::partial, {{0, 11}}},  // shorter than the suffix: all of it
          {"bytes=-0", Kind::unsatisfiable, {}},
          // numbers that no integer holds
          {"bytes=0-18446744073709551615", Kind::partial, {{0, 11}}},
          {"bytes=3-18446744073709551616", Kind::partial, {{3, 8}}},
          {"bytes=3-99999999999999999999999999", Kind::partial, {{3, 8}}},
          {"bytes=-99999999999999999999999999", Kind::partial, {{0, 11}}},
          {"bytes=99999999999999999999999999-", Kind::unsatisfiable, {}},
          {"bytes=18446744073709551617-18446744073709551618", Kind::unsatisfiable, {}},
      },
      11);
}

TEST(Range, SelectsSeveralInTheOrderAskedFor) {
  expect(
      {
          {"bytes=0-0,-1", Kind::partial, {{0, 1}, {10, 1}}},
          {"bytes=8-9,1-2", Kind::partial, {{8, 2}, {1, 2}}},
          {"bytes=0-1,1-2", Kind::partial, {{0, 2}, {1, 2}}},      // overlapping, but small
          {"bytes=0-1,99-,3-4", Kind::partial, {{0, 2}, {3, 2}}},  // §14.2: the satisfiable ones
          {"bytes=99-,-0,100-200", Kind::unsatisfiable, {}},
          {"bytes=0-5,6-10", Kind::partial, {{0, 6}, {6, 5}}},  // exactly the size
          // RFC 9110 §5.6.1: white space around commas, empty elements
          {"bytes=0-0 , 2-2\t,\t4-4", Kind::partial, {{0, 1}, {2, 1}, {4, 1}}},
          {"bytes=,0-0,,2-2,", Kind::partial, {{0, 1}, {2, 1}}},
      },
      11);
}

TEST(Range, IgnoresWhatItDoesNotUnderstand) {  // RFC 9110 §14.2
  const char* fields[] = {
      "",
      "bytes",
      "bytes=",
      "bytes=,",
      "bytes=, ,",
      "lines=1-2",
      "byte=0-1",
      "bytes =0-1",
      " bytes=0-1",
      "bytes:0-1",
      "bytes 0-1",
      "bytes= 0-1",
      "bytes=\t0-1",
      "bytes=0 -1",
      "bytes=0- 1",
      "bytes=- 1",
      "bytes=0",
      "bytes=-",
      "bytes=--1",
      "bytes=0--1",
      "bytes=5-2",
      "bytes=+1-2",
      "bytes=1-+2",
      "bytes=0x1-2",
      "bytes=a-b",
      "bytes=0-1;2-3",
      "bytes=0-1-2",
      "bytes=0-1,x",
      "bytes=0-1,5-2",
      "bytes=0-1 2-3",
      "bytes=0.5-1",
      "bytes=1-2=",
      "bytes=99-,x",  // malformed, not unsatisfiable
      "bytes=18446744073709551615-0",
  };
  for (const char* field : fields) expect({{field, Kind::whole, {}}}, 11);
}

TEST(Range, UnitIsCaseInsensitive) {  // RFC 9110 §14.1
  expect({{"Bytes=0-4", Kind::partial, {{0, 5}}}, {"BYTES=-5", Kind::partial, {{6, 5}}}}, 11);
}

TEST(Range, OfNothingIsUnsatisfiable) {
  for (const char* field : {"bytes=0-", "bytes=0-0", "bytes=-1", "bytes=-0", "bytes=0-0,-1", "bytes=5-9"})
    expect({{field, Kind::unsatisfiable, {}}}, 0);
  expect({{"bytes=2-1", Kind::whole, {}}}, 0);
}

TEST(Range, RefusesToSendMoreThanTheWhole) {  // RFC 9110 §14.2, §17.15
  expect(
      {
          {"bytes=0-,0-", Kind::whole, {}},
          {"bytes=0-5,5-10", Kind::whole, {}},
          {"bytes=0-10,0-0", Kind::whole, {}},
          {"bytes=-11,-11", Kind::whole, {}},
      },
      11);
}

TEST(Range, RefusesTooMany) {
  std::string field = "bytes=0-0";
  for (std::size_t count = 1; count < kMaximumRanges; ++count) field += ",0-0";
  EXPECT_EQ(select_ranges(field, 1000).kind, Kind::partial);
  EXPECT_EQ(select_ranges(field, 1000).ranges.size(), kMaximumRanges);
  EXPECT_EQ(select_ranges(field + ",0-0", 1000).kind, Kind::whole);
  EXPECT_EQ(select_ranges(field + ",5000-", 1000).kind, Kind::whole);  // counted as asked, satisfiable or not
}

TEST(Range, ReachesTheEndOfTheLargestFile) {
  constexpr std::uint64_t kSize = (std::uint64_t{1} << 63) - 1;
  expect(
      {
          {"bytes=9223372036854775806-", Kind::partial, {{kSize - 1, 1}}},
          {"bytes=9223372036854775807-", Kind::unsatisfiable, {}},
          {"bytes=0-", Kind::partial, {{0, kSize}}},
          {"bytes=0-,0-,0-", Kind::whole, {}},
          {"bytes=-1", Kind::partial, {{kSize - 1, 1}}},
      },
      kSize);
}

}  // namespace
}  // namespace bobbin::http

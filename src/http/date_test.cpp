#include "http/date.h"

#include <cstdint>
#include <gtest/gtest.h>

namespace bobbin::http {
namespace {

WallTime at(std::int64_t unix_seconds) { return WallTime(seconds(unix_seconds)); }

constexpr std::int64_t kExample = 784'111'777;  // the moment that RFC 9110 §5.6.7 writes in three ways
constexpr std::int64_t kNow = 1'710'505'845;    // 2024-03-15 12:30:45

TEST(Date, IsWrittenAsImfFixdate) {  // RFC 9110 §5.6.7
  struct Case {
    WallTime time;
    const char* text;
  };
  const Case cases[] = {
      {at(kExample), "Sun, 06 Nov 1994 08:49:37 GMT"},
      {at(0), "Thu, 01 Jan 1970 00:00:00 GMT"},
      {at(kNow), "Fri, 15 Mar 2024 12:30:45 GMT"},
      {at(951'782'400), "Tue, 29 Feb 2000 00:00:00 GMT"},
      {at(1'709'251'199), "Thu, 29 Feb 2024 23:59:59 GMT"},
      {at(2'147'483'648), "Tue, 19 Jan 2038 03:14:08 GMT"},
      {at(-1), "Wed, 31 Dec 1969 23:59:59 GMT"},
      {at(0) + std::chrono::nanoseconds(999'999'999), "Thu, 01 Jan 1970 00:00:00 GMT"},
      {at(0) - std::chrono::nanoseconds(1), "Wed, 31 Dec 1969 23:59:59 GMT"},
  };
  for (const auto& [time, text] : cases) EXPECT_EQ(format_date(time), text);
}

TEST(Date, IsReadInThreeForms) {  // RFC 9110 §5.6.7
  struct Case {
    const char* text;
    std::int64_t unix_seconds;
  };
  const Case cases[] = {
      {"Sun, 06 Nov 1994 08:49:37 GMT", kExample},
      {"Sunday, 06-Nov-94 08:49:37 GMT", kExample},
      {"Sun Nov  6 08:49:37 1994", kExample},
      {"Sun Nov 06 08:49:37 1994", kExample},
      {"Wed Nov 16 08:49:37 1994", kExample + 10 * 86'400},
      {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
      {"Wed, 31 Dec 1969 23:59:59 GMT", -1},
      {"Tue, 29 Feb 2000 00:00:00 GMT", 951'782'400},
      {"Sat, 31 Dec 2016 23:59:60 GMT", 1'483'228'800},  // a leap second
      {"Mon, 06 Nov 1994 08:49:37 GMT", kExample},       // it was a Sunday: the moment is clear all the same
  };
  for (const auto& [text, unix_seconds] : cases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(parse_date(text, at(kNow)), at(unix_seconds));
  }
}

TEST(Date, OfAnotherFormIsNone) {
  const char* cases[] = {
      "",
      "0",
      "now",
      "784111777",
      "1994-11-06T08:49:37Z",
      "Sun, 06 Nov 1994 08:49:37",      // no zone
      "Sun, 06 Nov 1994 08:49:37 UTC",  // only GMT
      "Sun, 06 Nov 1994 08:49:37 gmt",  // case matters
      "sun, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:49:37 GMT ",
      " Sun, 06 Nov 1994 08:49:37 GMT",
      "Sun,06 Nov 1994 08:49:37 GMT",
      "Sun, 6 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 94 08:49:37 GMT",
      "Sun, 06 Nov 1994 8:49:37 GMT",
      "Sun, 06 Nov 1994 08:49 GMT",
      "Sun, 06 Nov 1994 24:00:00 GMT",
      "Sun, 06 Nov 1994 23:60:00 GMT",
      "Sun, 06 Nov 1994 23:59:61 GMT",
      "Sun, 00 Nov 1994 08:49:37 GMT",
      "Sun, 31 Nov 1994 08:49:37 GMT",
      "Wed, 29 Feb 2023 08:49:37 GMT",
      "Mon, 29 Feb 1900 08:49:37 GMT",  // a century that is not a leap year
      "Sun, -6 Nov 1994 08:49:37 GMT",
      "Sun, +6 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 19944 08:49:37 GMT",
      "Sunday, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06-Nov-94 08:49:37 GMT",
      "Sunday, 06-Nov-1994 08:49:37 GMT",
      "Sunday, 06-Nov-94 08:49:37",
      "Sun Nov 6 08:49:37 1994",
      "Sun Nov   6 08:49:37 1994",
      "Sun Nov  6 08:49:37 1994 GMT",
      "Sun Nov  0 08:49:37 1994",
      "Xyz, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Xyz 1994 08:49:37 GMT",
  };
  for (const char* text : cases) EXPECT_FALSE(parse_date(text, at(kNow))) << text;
}

TEST(Date, OfTwoDigitsIsAtMostFiftyYearsAhead) {   // RFC 9110 §5.6.7
  constexpr std::int64_t kIn2074 = 3'288'342'645;  // 2074-03-15 12:30:45, fifty years after kNow
  struct Case {
    const char* text;
    std::int64_t now;
    std::int64_t unix_seconds;
  };
  const Case cases[] = {
      {"Thursday, 15-Mar-74 12:30:45 GMT", kNow, kIn2074},
      {"Friday, 15-Mar-74 12:30:46 GMT", kNow, 132'582'646},             // 1974
      {"Saturday, 01-Jan-00 00:00:00 GMT", kNow, 946'684'800},           // 2000
      {"Friday, 31-Dec-99 23:59:59 GMT", kNow, 946'684'799},             // 1999
      {"Friday, 01-Jan-05 00:00:00 GMT", 4'102'444'799, 4'260'211'200},  // seen from 2099: 2105
      {"Tuesday, 29-Feb-00 00:00:00 GMT", kNow, 951'782'400},
  };
  for (const auto& [text, now, unix_seconds] : cases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(parse_date(text, at(now)), at(unix_seconds));
  }
}

TEST(Date, BeyondOurClockIsTheLastOrFirstMoment) {
  EXPECT_EQ(parse_date("Fri, 31 Dec 9999 23:59:59 GMT", at(kNow)), WallTime::max());
  EXPECT_EQ(parse_date("Sat, 01 Jan 0000 00:00:00 GMT", at(kNow)), WallTime::min());
}

TEST(Date, IsReadAsWritten) {
  // Steps of a day and some, over two leap cycles and two century ends.
  for (std::int64_t moment = -2'300'000'000; moment < 4'300'000'000; moment += 90'061)
    ASSERT_EQ(parse_date(format_date(at(moment)), at(kNow)), at(moment)) << moment;
}

}  // namespace
}  // namespace bobbin::http

#include "base/utc_time.h"

#include <cstdlib>
#include <ctime>
#include <gtest/gtest.h>

namespace bobbin {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

class UtcTimeTest : public ::testing::TestWithParam<const char*> {
 public:
  UtcTimeTest() {
    ::setenv("TZ", GetParam(), 1);
    ::tzset();
  }
  ~UtcTimeTest() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  UtcTimeTest(const UtcTimeTest&) = delete;
  UtcTimeTest& operator=(const UtcTimeTest&) = delete;
};

constexpr WallTime kMoment = WallTime(seconds(1710505096)) + microseconds(7);

TEST_P(UtcTimeTest, IsThatOfUtcInEveryZone) {
  EXPECT_EQ(utc_text(kMoment), "2024-03-15T12:18:16.000007Z");
  EXPECT_EQ(utc_name(kMoment), "20240315T121816.000007Z");
  EXPECT_EQ(utc_time_of("2024-03-15T12:18:16.000007Z"), kMoment);
  EXPECT_EQ(utc_time_of_name("20240315T121816.000007Z"), kMoment);
}

INSTANTIATE_TEST_SUITE_P(Zones, UtcTimeTest, ::testing::Values("UTC0", "IST-5:30", "XYZ12:30"));

TEST(UtcTime, IsReadAsItWasWritten) {
  const WallTime days[] = {WallTime(), WallTime(seconds(951868799)),  // before the 1st of March 2000
                           WallTime(std::chrono::sys_days(std::chrono::year(2261) / 12 / 31)) +
                               seconds(86399) + microseconds(999'999)};
  for (const WallTime time : days) {
    EXPECT_EQ(utc_time_of(utc_text(time)), time) << utc_text(time);
    EXPECT_EQ(utc_time_of_name(utc_name(time)), time) << utc_name(time);
  }
  EXPECT_EQ(utc_text(days[0]), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(utc_text(days[1]), "2000-02-29T23:59:59.000000Z");
}

TEST(UtcTime, CutsOffWhatIsFiner) {
  EXPECT_EQ(utc_text(kMoment + nanoseconds(999)), "2024-03-15T12:18:16.000007Z");
}

TEST(UtcTime, IsNothingElse) {
  for (const char* text :
       {"", "2024-03-15", "2024-03-15T12:18:16Z", "2024-03-15T12:18:16.000007", "2024-03-15t12:18:16.000007Z",
        "2024-03-15 12:18:16.000007Z", "2024-03-15T12:18:16.00000xZ", "2024-03-15T12:18:16.000007+",
        "2024-03-15T24:00:00.000000Z", "2024-03-15T12:60:00.000000Z", "2024-03-15T12:18:60.000000Z",
        "2024-13-15T12:18:16.000007Z", "2024-00-15T12:18:16.000007Z", "2023-02-29T12:18:16.000007Z",
        "2024-03-32T12:18:16.000007Z", "1969-12-31T23:59:59.000000Z", "2262-01-01T00:00:00.000000Z",
        "2024-03-15T12:18:16.000007ZZ", "-024-03-15T12:18:16.000007Z"})
    EXPECT_EQ(utc_time_of(text), std::nullopt) << text;
  for (const char* name :
       {"", "20240315T121816.000007", "20240315T121816.000007Z-", "20240315T121816.00000aZ",
        "2024-03-15T12:18:16.000007Z", "20240230T121816.000007Z"})
    EXPECT_EQ(utc_time_of_name(name), std::nullopt) << name;
}

}  // namespace
}  // namespace bobbin

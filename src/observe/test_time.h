#pragma once

#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <gtest/gtest.h>

#include "base/clock.h"

namespace bobbin::observe {

/// For tests of what is written in local time: that is three and a half hours behind UTC, with no summer
/// time. So the offset has minutes, and a sign.
class TestInLocalTime : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    ::setenv("TZ", "NST3:30", 1);
    ::tzset();
  }

  static WallTime at(std::int64_t seconds_since_epoch, int thousandths = 0) {
    return WallTime(seconds(seconds_since_epoch) + milliseconds(thousandths));
  }

  // 2024-03-15 14:00:00 UTC
  static constexpr std::int64_t kMoment = 1'710'511'200;
};

}  // namespace bobbin::observe

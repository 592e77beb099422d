#include "files/validators.h"

#include <chrono>
#include <gtest/gtest.h>
#include <set>
#include <string>

namespace bobbin::files {
namespace {

using std::chrono::nanoseconds;

// 2024-03-15 12:34:56.000000001 UTC: a ctime with a fraction, so from a file system with a fine clock.
constexpr WallTime kChanged{nanoseconds(1710506096'000000001)};
constexpr WallTime kWholeSecond{nanoseconds(1710506096'000000000)};

os::FileStatus file(WallTime changed) {
  return {.kind = os::FileStatus::Kind::regular,
          .device = 1,
          .inode = 0xabc,
          .links = 1,
          .size_bytes = 4096,
          .modified = changed - seconds(100),
          .changed = changed};
}

std::string tag(const os::FileStatus& status, WallTime looked_at) {
  return validators(status, looked_at).etag;
}

bool is_strong(const std::string& tag) { return tag.starts_with('"'); }

/// RFC 9110 §8.8.3.2: what a weak comparison looks at.
std::string opaque(const std::string& tag) { return is_strong(tag) ? tag : tag.substr(2); }

TEST(EntityTag, IsMadeOfInodeChangeTimeAndSize) {
  EXPECT_EQ(tag(file(WallTime(nanoseconds(0x1234567))), kChanged), "\"abc-1234567-1000\"");
}

TEST(EntityTag, DiffersWhenAnythingItIsMadeOfDiffers) {
  os::FileStatus other_inode = file(kChanged), other_size = file(kChanged);
  other_inode.inode = 0xabd;
  other_size.size_bytes = 4097;
  const WallTime later = kChanged + seconds(60);
  const std::set<std::string> tags = {tag(file(kChanged), later), tag(other_inode, later),
                                      tag(other_size, later), tag(file(kChanged + nanoseconds(1)), later)};
  EXPECT_EQ(tags.size(), 4U);
}

TEST(EntityTag, IgnoresTheModificationTimeThatAnybodyCanSet) {
  os::FileStatus touched = file(kChanged);
  touched.modified += seconds(1);
  EXPECT_EQ(tag(touched, kChanged + seconds(60)), tag(file(kChanged), kChanged + seconds(60)));
}

// RFC 9110 §8.8.1: a strong validator changes whenever the content does. Within two ticks of the kernel's
// clock (10 ms at most) a second write could carry the same ctime; where the file system keeps seconds,
// within two of those.
TEST(EntityTag, IsWeakWhileASecondWriteCouldCarryTheSameTime) {
  const struct {
    const char* name;
    WallTime changed;
    nanoseconds age;
    bool strong;
  } cases[] = {{"just now", kChanged, nanoseconds(0), false},
               {"one tick ago", kChanged, milliseconds(10), false},
               {"almost two ticks ago", kChanged, milliseconds(20) - nanoseconds(1), false},
               {"two ticks ago", kChanged, milliseconds(20), true},
               {"long ago", kChanged, std::chrono::hours(1), true},
               {"in the future", kChanged, -seconds(5), false},
               {"coarse, one second ago", kWholeSecond, seconds(1), false},
               {"coarse, almost two seconds ago", kWholeSecond, seconds(2) - nanoseconds(1), false},
               {"coarse, two seconds ago", kWholeSecond, seconds(2), true},
               {"coarse, in the future", kWholeSecond, -seconds(5), false}};
  for (const auto& [name, changed, age, strong] : cases) {
    SCOPED_TRACE(name);
    const std::string seen = tag(file(changed), changed + age);
    EXPECT_EQ(is_strong(seen), strong) << seen;
    EXPECT_TRUE(strong || seen.starts_with("W/\"")) << seen;
    EXPECT_TRUE(seen.ends_with('"')) << seen;
  }
}

// RFC 9110 §13.1.2: If-None-Match compares weakly. Two looks within one tick may have seen two contents.
TEST(EntityTag, WeakOneMatchesNoOtherEvenWeakly) {
  const std::string first = tag(file(kChanged), kChanged + milliseconds(1));
  const std::string second = tag(file(kChanged), kChanged + milliseconds(2));
  const std::string strong = tag(file(kChanged), kChanged + seconds(1));
  EXPECT_NE(opaque(first), opaque(second));
  EXPECT_NE(opaque(first), opaque(strong));
  EXPECT_NE(opaque(second), opaque(strong));
}

TEST(EntityTag, StrongOneStaysWhileTheFileStays) {
  EXPECT_EQ(tag(file(kChanged), kChanged + seconds(1)), tag(file(kChanged), kChanged + seconds(100)));
}

// RFC 9110 §8.8.2.1: not later than the date of the message.
TEST(LastModified, IsNeverLaterThanNow) {
  os::FileStatus status = file(kChanged);
  EXPECT_EQ(validators(status, kChanged).last_modified, status.modified);
  status.modified = kChanged + std::chrono::hours(1);
  EXPECT_EQ(validators(status, kChanged).last_modified, kChanged);
}

}  // namespace
}  // namespace bobbin::files

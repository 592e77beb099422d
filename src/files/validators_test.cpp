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

// After a restart, a reboot or an upgrade a client's tag must still mean the same: this one was given by
// libxxhash 0.8.1 (XXH3, 128 bits, canonical) for the six numbers 0xabc, 0x1234567, 0x1000, 0x89abcde, 0x77
// and 0, eight bytes each, little-endian.
TEST(EntityTag, IsTheSameEverywhereAndAlways) {
  os::FileStatus status = file(WallTime(nanoseconds(0x1234567)));
  status.modified = WallTime(nanoseconds(0x89abcde));
  EXPECT_EQ(validators(status, kChanged, {.file_system_id = 0x77}).etag,
            "\"45bb05b073e5031c810f0fa8e6c34dd0\"");
}

// By xxhsum 0.8.1 (XXH128) of the 32 bytes that sha256sum gives for "hello\n".
TEST(EntityTag, OfAContentIsTheSameWhateverTheFileIs) {
  const crypto::Digest content = crypto::sha256("hello\n");
  os::FileStatus other = file(kChanged + seconds(5));
  other.inode = 7;
  for (const auto& status : {file(kChanged), other})
    for (const WallTime looked_at : {kChanged, kChanged + seconds(60)})
      EXPECT_EQ(validators(status, looked_at, {.file_system_id = 3}, content).etag,
                "\"0d5f387621256267db272cb05487073c\"");
  EXPECT_NE(validators(other, kChanged, {.seed = 1}, content).etag,
            validators(other, kChanged, {}, content).etag);
  EXPECT_NE(validators(other, kChanged, {}, crypto::sha256("")).etag,
            validators(other, kChanged, {}, content).etag);
}

TEST(EntityTag, DiffersWhenAnythingItIsMadeOfDiffers) {
  os::FileStatus other_inode = file(kChanged), other_size = file(kChanged), other_mtime = file(kChanged);
  other_inode.inode = 0xabd;
  other_size.size_bytes = 4097;
  other_mtime.modified += nanoseconds(1);
  os::FileStatus other_ctime = file(kChanged + nanoseconds(1));
  other_ctime.modified = file(kChanged).modified;
  const WallTime later = kChanged + seconds(60);
  const std::set<std::string> tags = {tag(file(kChanged), later),
                                      tag(other_inode, later),
                                      tag(other_size, later),
                                      tag(other_mtime, later),
                                      tag(other_ctime, later),
                                      validators(file(kChanged), later, {.file_system_id = 1}).etag,
                                      validators(file(kChanged), later, {.seed = 1}).etag};
  EXPECT_EQ(tags.size(), 7U);
}

TEST(EntityTag, HasASeedForEachText) {
  EXPECT_EQ(tag_seed(""), 0U);
  EXPECT_NE(tag_seed("a secret"), 0U);
  EXPECT_NE(tag_seed("a secret"), tag_seed("another"));
  EXPECT_EQ(tag_seed("a secret"), tag_seed("a secret"));
}

TEST(EntityTag, ShowsNothingOfTheFile) {
  const std::string seen = tag(file(kChanged), kChanged + seconds(60));
  EXPECT_EQ(seen.size(), 34U);
  EXPECT_EQ(seen.find("abc"), std::string::npos) << "the inode: " << seen;
  EXPECT_EQ(seen.find("1000"), std::string::npos) << "the size: " << seen;
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

// CONTRACT §2: image builders and package stores set 1970, 1980 or the far future.
TEST(LastModified, IsNotToldWhereTheTimeTellsNothing) {
  constexpr auto kDay = std::chrono::hours(24);
  const WallTime first_of_1980(seconds(315532800));
  const struct {
    const char* name;
    WallTime modified;
    bool told;
  } cases[] = {{"1677", WallTime::min(), false},
               {"touch -d @1", WallTime(seconds(1)), false},
               {"the last second of 1979", first_of_1980 - seconds(1), false},
               {"the first of 1980", first_of_1980, true},
               {"yesterday", kChanged - kDay, true},
               {"in a day", kChanged + kDay, true},
               {"in a day and a bit", kChanged + kDay + nanoseconds(1), false},
               {"2262", WallTime::max(), false}};
  for (const auto& [name, modified, told] : cases) {
    SCOPED_TRACE(name);
    os::FileStatus status = file(kChanged);
    status.modified = modified;
    EXPECT_EQ(validators(status, kChanged).last_modified.has_value(), told);
  }
}

// RFC 9110 §8.8.2.2: a date that a tool has set may come again with the next version.
TEST(LastModified, IsStrongInTheSecondOfTheLastChangeOnly) {
  const auto is_strong_for = [](nanoseconds age, bool trust) {
    os::FileStatus status = file(kChanged);
    status.modified = kChanged - age;
    return validators(status, kChanged + seconds(60), {.trust_mtime = trust}).date_is_strong;
  };
  EXPECT_TRUE(is_strong_for(nanoseconds(0), false));
  EXPECT_TRUE(is_strong_for(nanoseconds(1), false));
  EXPECT_FALSE(is_strong_for(nanoseconds(2), false))
      << "the second before: kChanged is a nanosecond into its own";
  EXPECT_FALSE(is_strong_for(seconds(100), false));
  EXPECT_FALSE(is_strong_for(-seconds(1), false));
  EXPECT_TRUE(is_strong_for(seconds(100), true)) << "--trust-mtime";
}

}  // namespace
}  // namespace bobbin::files

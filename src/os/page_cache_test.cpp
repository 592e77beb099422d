#include "os/page_cache.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>

#include "base/bytes.h"
#include "os/fd.h"
#include "os/test_directory.h"

namespace bobbin::os {
namespace {

constexpr std::uint64_t kHalf = 2 << 20;  // no page of the cache is larger, so halves can be evicted apart
constexpr std::uint64_t kSize = 2 * kHalf;

class PageCache : public ::testing::Test {
 protected:
  PageCache() {
    place.write("file", std::string(kSize, 'x'));
    file = Fd(::open(place.path("file").c_str(), O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(::fsync(file.number()), 0);  // what is still to be written cannot be evicted
  }

  void evict(std::uint64_t offset, std::uint64_t length) {
    EXPECT_EQ(::posix_fadvise(file.number(), static_cast<off_t>(offset), static_cast<off_t>(length),
                              POSIX_FADV_DONTNEED),
              0);
  }

  /// Some file systems are nothing but memory.
  bool can_be_cold() {
    evict(0, kSize);
    std::array<std::byte, 1> byte;
    return !read_cached_at(file.number(), byte, 0);
  }

  /// Whether the predicate holds right after half of the file has been evicted. The kernel may bring it back
  /// by itself, or keep it, so it is asked several times.
  template <typename Predicate>
  bool holds_without_half(std::uint64_t evicted, Predicate predicate) {
    for (int attempt = 0; attempt < 100; ++attempt) {
      EXPECT_TRUE(read_into_cache(file.number(), 0, kSize));
      evict(evicted, kHalf);
      if (predicate()) return true;
    }
    return false;
  }

  std::string read_cached(std::size_t count, std::uint64_t offset) {
    std::string bytes(count, '\0');
    const auto got = read_cached_at(file.number(), std::as_writable_bytes(std::span(bytes)), offset);
    if (!got) return got.error().message();
    bytes.resize(*got);
    return bytes;
  }

  TestDirectory place;
  Fd file;
};

TEST_F(PageCache, ReadsWhatIsThere) {
  EXPECT_EQ(read_cached(5, 0), "xxxxx");
  EXPECT_EQ(read_cached(5, kSize - 3), "xxx");
  EXPECT_EQ(read_cached(5, kSize), "");
  EXPECT_EQ(read_cached(0, 0), "");
  EXPECT_TRUE(seems_cached(file.number(), 0, kSize));
  EXPECT_TRUE(seems_cached(file.number(), kSize, 10));  // nothing is missing behind the end
  EXPECT_TRUE(seems_cached(file.number(), 0, 0));
}

TEST_F(PageCache, DoesNotReadWhatIsNot) {
  if (!can_be_cold()) GTEST_SKIP() << "this file system keeps everything in memory";
  evict(0, kSize);
  std::array<std::byte, 64> bytes;
  const auto got = read_cached_at(file.number(), bytes, kHalf);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, EAGAIN);
  evict(0, kSize);
  EXPECT_FALSE(seems_cached(file.number(), 0, kSize));
}

TEST_F(PageCache, DoesNotReadWhatIsThereInPart) {
  if (!can_be_cold()) GTEST_SKIP() << "this file system keeps everything in memory";
  const struct {
    const char* name;
    std::uint64_t evicted;
  } cases[] = {{"its beginning is missing", 0}, {"its end is missing", kHalf}};
  for (const auto& [name, evicted] : cases) {
    SCOPED_TRACE(name);
    EXPECT_TRUE(holds_without_half(evicted, [&] {
      return !seems_cached(file.number(), 0, kSize) && seems_cached(file.number(), kHalf - evicted, kHalf);
    }));
    EXPECT_TRUE(
        holds_without_half(evicted, [&] { return read_cached(kSize, 0) != std::string(kSize, 'x'); }));
  }
}

TEST_F(PageCache, ReadsIntoTheCache) {
  static_cast<void>(can_be_cold());
  evict(0, kSize);
  ASSERT_TRUE(read_into_cache(file.number(), 0, kSize));
  EXPECT_TRUE(seems_cached(file.number(), 0, kSize));
  EXPECT_EQ(read_cached(kSize, 0), std::string(kSize, 'x'));
}

TEST_F(PageCache, ReadsIntoTheCacheUpToTheEnd) {
  EXPECT_TRUE(read_into_cache(file.number(), kSize - 10, kSize));
  EXPECT_TRUE(read_into_cache(file.number(), 2 * kSize, kSize));
}

TEST_F(PageCache, ReportsFailure) {
  std::array<std::byte, 8> bytes;
  EXPECT_EQ(read_cached_at(-1, bytes, 0).error().code, EBADF);
  EXPECT_EQ(read_into_cache(-1, 0, 8).error().code, EBADF);
  EXPECT_TRUE(seems_cached(-1, 0, 8)) << "the call that reads it meets the error";
}

}  // namespace
}  // namespace bobbin::os

#include "files/validators.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fmt/format.h>
#include <optional>
#include <string>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace bobbin::files {
namespace {

using std::chrono::nanoseconds;

// The kernel stamps files with the time of its last tick: up to 10 ms ago (CONFIG_HZ=100). Two ticks are on
// the safe side.
constexpr nanoseconds kFineClockStep = milliseconds(20);
// A ctime without a fraction comes from a file system that keeps whole seconds, or every second one (FAT).
constexpr nanoseconds kCoarseClockStep = seconds(2);

// 1980-01-01: what zip and reproducible builds set lies at it or before, what is real behind it.
constexpr WallTime kFirstDate{seconds(315'532'800)};

std::uint64_t number_of(WallTime time) { return static_cast<std::uint64_t>(time.time_since_epoch().count()); }

std::string entity_tag(const os::FileStatus& status, WallTime looked_at, const ValidatorSettings& settings) {
  const bool is_weak = could_change_unseen(status, looked_at);
  // If-None-Match compares weakly (RFC 9110 §13.1.2): W/"x" matches the "x" of a minute later, when the bytes
  // may be those of a second write within the same tick. The moment of the look makes a weak tag one that
  // never comes again.
  const std::uint64_t parts[] = {status.inode,
                                 number_of(status.changed),
                                 status.size_bytes,
                                 number_of(status.modified),
                                 settings.file_system_id,
                                 is_weak ? number_of(looked_at) : 0};
  const XXH128_hash_t hash = XXH3_128bits_withSeed(parts, sizeof parts, settings.seed);
  return fmt::format("{}\"{:016x}{:016x}\"", is_weak ? "W/" : "", hash.high64, hash.low64);
}

std::string tag_of(const crypto::Digest& content, std::uint64_t seed) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(content.data(), content.size(), seed);
  return fmt::format("\"{:016x}{:016x}\"", hash.high64, hash.low64);
}

/// RFC 9110 §8.8.2.1: never a date later than that of the message.
std::optional<WallTime> last_modified(const os::FileStatus& status, WallTime looked_at) {
  if (status.modified < kFirstDate || status.modified > looked_at + std::chrono::hours(24))
    return std::nullopt;
  return std::min(status.modified, looked_at);
}

}  // namespace

bool could_change_unseen(const os::FileStatus& status, WallTime looked_at) {
  // So could one whose ctime lies in the future, of which nothing is known.
  const bool coarse = status.changed.time_since_epoch() % seconds(1) == nanoseconds::zero();
  return status.changed > looked_at - (coarse ? kCoarseClockStep : kFineClockStep);
}

std::uint64_t tag_seed(std::string_view text) {
  return text.empty() ? 0 : XXH3_64bits(text.data(), text.size());
}

http::Validators validators(const os::FileStatus& status, WallTime looked_at,
                            const ValidatorSettings& settings, const std::optional<crypto::Digest>& content) {
  const bool times_agree =
      std::chrono::floor<seconds>(status.changed) == std::chrono::floor<seconds>(status.modified);
  return {.etag = content ? tag_of(*content, settings.seed) : entity_tag(status, looked_at, settings),
          .last_modified = last_modified(status, looked_at),
          .date_is_strong = times_agree || settings.trust_mtime};
}

}  // namespace bobbin::files

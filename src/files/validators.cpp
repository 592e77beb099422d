#include "files/validators.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>

namespace bobbin::files {
namespace {

using std::chrono::nanoseconds;

// The kernel stamps files with the time of its last tick: up to 10 ms ago (CONFIG_HZ=100). Two ticks are on
// the safe side.
constexpr nanoseconds kFineClockStep = milliseconds(20);
// A ctime without a fraction comes from a file system that keeps whole seconds, or every second one (FAT).
constexpr nanoseconds kCoarseClockStep = seconds(2);

void append_hex(std::string& text, std::uint64_t number) {
  char digits[16];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number, 16).ptr;
  text.append(digits, end);
}

void append_hex(std::string& text, WallTime time) {
  append_hex(text, static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

std::string entity_tag(const os::FileStatus& status, WallTime looked_at) {
  const bool weak = could_change_unseen(status, looked_at);
  std::string tag;
  tag.reserve(72);
  tag += weak ? "W/\"" : "\"";
  append_hex(tag, status.inode);
  tag += '-';
  append_hex(tag, status.changed);
  tag += '-';
  append_hex(tag, status.size_bytes);
  if (weak) {
    // If-None-Match compares weakly (RFC 9110 §13.1.2): W/"x" matches the "x" of a minute later, when the
    // bytes may be those of a second write within the same tick. The moment of the look makes this tag one
    // that never comes again.
    tag += '-';
    append_hex(tag, looked_at);
  }
  tag += '"';
  return tag;
}

/// Image builders and package stores set times before 1980; what lies ahead of the clock was set as well.
bool is_plausible(WallTime modified, WallTime now) {
  constexpr WallTime kYear1980{std::chrono::sys_days(std::chrono::year(1980) / 1 / 1)};
  return modified >= kYear1980 && modified <= now + std::chrono::hours(24);
}

}  // namespace

bool could_change_unseen(const os::FileStatus& status, WallTime looked_at) {
  // So could one whose ctime lies in the future, of which nothing is known.
  const bool coarse = status.changed.time_since_epoch() % seconds(1) == nanoseconds::zero();
  return looked_at - status.changed < (coarse ? kCoarseClockStep : kFineClockStep);
}

http::Validators validators(const os::FileStatus& status, WallTime looked_at) {
  // RFC 9110 §8.8.2.1: never a date later than that of the message.
  return {.etag = entity_tag(status, looked_at),
          .last_modified = is_plausible(status.modified, looked_at)
                               ? std::optional(std::min(status.modified, looked_at))
                               : std::nullopt,
          .date_is_strong =
              std::chrono::floor<seconds>(status.changed) == std::chrono::floor<seconds>(status.modified)};
}

}  // namespace bobbin::files

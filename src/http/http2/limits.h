#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace bobbin::http::http2 {

/// How many requests of one connection may be under way at once (SETTINGS_MAX_CONCURRENT_STREAMS, RFC 9113
/// §6.5.2). A further one is refused, and the client may try it again.
inline constexpr std::uint32_t kMaximumStreams = 128;
/// How much content a client may send on one stream before its receiver has taken it: the protocol's default.
inline constexpr std::int32_t kStreamWindowBytes = 65'535;
/// The same for all streams of a connection together. It is larger than the window of one stream, so that a
/// receiver that says Wait does not keep the others from their content.
inline constexpr std::int32_t kConnectionWindowBytes = 1024 * 1024;
/// How large the table is with which fields are compressed (RFC 7541 §4), in either direction: the protocol's
/// default.
inline constexpr std::size_t kCompressionTableBytes = 4096;
/// A head that is too large is answered 431 and read to its end, since the table must stay the same on both
/// sides; but not when it is so many times as large as the limit.
inline constexpr std::size_t kReadHeads = 4;
/// So many frames may continue one head. No client needs them for a head within the limit.
inline constexpr unsigned kMaximumContinuations = 8;
/// So many frames that are not content may wait for a client that takes nothing. While there are more,
/// nothing is read from it.
inline constexpr std::size_t kMaximumQueuedFrames = 512;

/// What a client can do too often, or too much of, at no cost to itself.
enum class Limit : std::uint8_t {
  resets,         ///< streams that it has reset, or that had to be reset for its faults
  pings,          ///< PING frames
  settings,       ///< SETTINGS frames
  empty_frames,   ///< DATA frames with nothing in them
  priorities,     ///< PRIORITY and PRIORITY_UPDATE frames
  continuations,  ///< CONTINUATION frames of one head
  head_size,      ///< bytes of one head, decompressed
};
inline constexpr std::size_t kLimits = 7;

/// As it stands in the log and in the label of its counter.
[[nodiscard]] constexpr std::string_view name_of(Limit limit) {
  constexpr std::array<std::string_view, kLimits> kNames{
      "resets", "pings", "settings", "empty_frames", "priorities", "continuations", "head_size"};
  return kNames.at(static_cast<std::size_t>(limit));
}

/// How often a thing may happen: at once, and again and again.
struct Rate {
  std::uint32_t burst;
  std::uint32_t per_second;
};

inline constexpr Rate kResets{.burst = 200, .per_second = 20};
inline constexpr Rate kPings{.burst = 100, .per_second = 5};
inline constexpr Rate kSettings{.burst = 20, .per_second = 1};
inline constexpr Rate kEmptyFrames{.burst = 100, .per_second = 5};
inline constexpr Rate kPriorities{.burst = 256, .per_second = 50};

/// Counts one thing against its rate: a bucket that holds `burst` tokens and gets `per_second` of them.
class Allowance {
 public:
  /// False when there is none left.
  [[nodiscard]] bool take(const Rate& rate, Instant now) {
    if (last_ != Instant{}) {
      const auto passed = std::chrono::duration_cast<milliseconds>(now - last_).count();
      const std::uint64_t regained =
          static_cast<std::uint64_t>(std::max<std::int64_t>(passed, 0)) * rate.per_second;
      used_thousandths_ -= std::min(regained, used_thousandths_);
    }
    last_ = now;
    if (used_thousandths_ + 1000 > std::uint64_t{rate.burst} * 1000) return false;
    used_thousandths_ += 1000;
    return true;
  }

 private:
  std::uint64_t used_thousandths_ = 0;
  Instant last_{};
};

}  // namespace bobbin::http::http2

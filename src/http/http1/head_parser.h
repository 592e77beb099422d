#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "http/head_limits.h"
#include "http/request_head.h"
#include "http/response.h"

namespace bobbin::http::http1 {

/// Empty lines before a request line are skipped (RFC 9112 §2.2), up to this many; they count towards the
/// head's size.
inline constexpr int kMaximumEmptyLines = 4;

/// How far an unfinished head has been read, so that reading goes on where it stopped. So a head that arrives
/// one byte at a time costs the same work for each byte, however long the head or one of its lines becomes.
/// Offsets count from the front of the input. A head begins with a default-constructed one.
struct HeadProgress {
  enum class Part : std::uint8_t {
    empty_line,
    empty_line_feed,
    method,
    target,
    version,
    request_line_feed,
    field_name,
    field_value,
    field_line_feed,
    final_line_feed
  };
  std::uint32_t read_bytes = 0;  ///< so many bytes of the input need not be looked at again
  std::uint32_t part_begin = 0;  ///< where the part begins in which these bytes end
  Part part = Part::empty_line;
  std::uint8_t empty_lines = 0;
};

struct NeedMore {};

struct ParsedHead {
  ParsedHead() {}  // with `= default`, `ParsedHead()` would clear all of the unused fields first
  RequestHead head;
  /// How long the head is in the input, with leading empty lines and the final empty line.
  std::size_t size_bytes = 0;
};

using HeadResult = std::variant<NeedMore, ParsedHead, Refusal>;

/// Parses one request head at the front of `input` (RFC 9112 §2–§6). The function is pure: its state between
/// two calls is in `progress`, which belongs to one head and is set when more is needed. The next call gives
/// the same bytes, wherever they are in memory by then, and more behind them. Every view in the result points
/// into `input`, so the caller copies what must outlive it.
///
/// The first fault in byte order decides, and is refused as soon as its byte has arrived. Faults that show
/// only in the whole head (too many fields, then framing, then Host) are judged at its end. So the verdict
/// never depends on how the head was cut into pieces. A head may be `limits.head_bytes` long and no longer.
/// An unfinished head of that size is refused: with 501 while the method has not ended, with 414 while the
/// request line has not ended, and with 431 later. A refusal is final: the end of this message is in doubt,
/// so the connection must close.
[[nodiscard]] HeadResult parse_head(std::string_view input, HeadProgress& progress, const HeadLimits& limits);

/// Reads the part of a head in front of the fault for which parse_head has refused it. That is enough to
/// choose how the error is shown: the method, the target, and the field lines that were whole. Parts that
/// were not read are empty; `authority`, `framing` and everything else that the fields decide are not set.
/// Views point into `input`.
[[nodiscard]] RequestHead read_until_fault(std::string_view input, const HeadLimits& limits);

}  // namespace bobbin::http::http1

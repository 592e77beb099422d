#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "http/request_head.h"
#include "http/response.h"

namespace bobbin::http::http1 {

struct HeadLimits {
  std::size_t head_bytes = 16 * 1024;  ///< request line and field section together, line ends included
};

/// Empty lines before a request line are skipped (RFC 9112 §2.2), up to this many; they count towards the
/// head's size.
inline constexpr int kMaximumEmptyLines = 4;

/// How far an unfinished head has been read, so that reading goes on where it stopped: a head that arrives a
/// byte at a time costs the same work for each byte, however long it or one of its lines gets. Offsets count
/// from the front of the input. A fresh one begins a head.
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
  std::uint32_t read_bytes = 0;  ///< of the input: they need not be looked at again
  std::uint32_t part_begin = 0;  ///< where the part begins that these end in
  Part part = Part::empty_line;
  std::uint8_t empty_lines = 0;
};

struct NeedMore {};

struct ParsedHead {
  ParsedHead() {}  // not `= default`: that would have `ParsedHead()` clear all of the unused fields first
  RequestHead head;
  std::size_t size_bytes =
      0;  ///< of the head in the input, leading empty lines and the final empty line included
};

using HeadResult = std::variant<NeedMore, ParsedHead, Refusal>;

/// Parses one request head at the front of `input` (RFC 9112 §2–§6). Pure: everything it remembers between
/// two calls is in `progress`, which belongs to one head and is set when more is needed. The next call gives
/// the same bytes, wherever they are in memory by then, and more behind them.
/// Every view in the result points into `input`: copy what must outlive it.
/// The first fault in byte order decides, and is refused as soon as its byte is there; what can only be
/// judged from the whole head (too many fields, then framing, then Host) is judged at its end. So the verdict
/// never depends on how the head was cut into pieces. A head may be `limits.head_bytes` long, not longer: an
/// unfinished one of that size is refused, with 501 while the method has not ended, with 414 while the
/// request line has not, with 431 later. A refusal is final: the end of this message is in doubt, the
/// connection must close.
[[nodiscard]] HeadResult parse_head(std::string_view input, HeadProgress& progress, const HeadLimits& limits);

/// What stands in front of the fault of a head that parse_head refused: enough to choose how the error is
/// shown (method, target, the field lines that were whole). What was not read is empty; `authority`,
/// `framing` and what the fields decide are not set. Views point into `input`.
[[nodiscard]] RequestHead read_until_fault(std::string_view input, const HeadLimits& limits);

}  // namespace bobbin::http::http1

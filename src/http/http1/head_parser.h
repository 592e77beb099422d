#pragma once

#include <cstddef>
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

struct NeedMore {};

struct ParsedHead {
  ParsedHead() {}  // not `= default`: that would have `ParsedHead()` clear all of the unused fields first
  RequestHead head;
  std::size_t size_bytes =
      0;  ///< of the head in the input, leading empty lines and the final empty line included
};

using HeadResult = std::variant<NeedMore, ParsedHead, Refusal>;

/// Parses one request head at the front of `input` (RFC 9112 §2–§6). Pure and stateless.
/// Every view in the result points into `input`: copy what must outlive it.
/// `seen`: how many bytes of `input` were already offered last time (and answered NeedMore), so that a slow
/// sender costs O(n), not O(n²). The first fault in byte order decides, and is refused as soon as its byte is
/// there; what can only be judged from the whole head (too many fields, then framing, then Host) is judged at
/// its end. So the verdict never depends on how the head was cut into pieces. A head may be
/// `limits.head_bytes` long, not longer: an unfinished one of that size is refused, with 414 while the
/// request line has not ended, with 431 later.
/// A refusal is final: the end of this message is in doubt, the connection must close.
[[nodiscard]] HeadResult parse_head(std::string_view input, std::size_t seen, const HeadLimits& limits);

}  // namespace bobbin::http::http1

#pragma once

#include <optional>
#include <string_view>

namespace bobbin::http {

/// What joins a request to those that it is a part of (W3C Trace Context §3.2.2). Views into the field.
struct TraceContext {
  std::string_view trace_id;   ///< 32 hexadecimal digits in lower case
  std::string_view parent_id;  ///< 16 of them: the span of the client in which it has asked
};

/// Reads the value of a traceparent field. Nothing when it is malformed, or has an id of zeros alone. Of a
/// version that is not known yet the parts that all versions have are read (§4.3).
[[nodiscard]] std::optional<TraceContext> parse_traceparent(std::string_view value);

}  // namespace bobbin::http

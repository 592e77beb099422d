#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "http/request_head.h"
#include "http/response.h"

namespace bobbin::http {

/// What becomes of `.` segments and empty inner segments (CONTRACT §2).
enum class PathRules : std::uint8_t {
  strict,    ///< 403, logged as an attempt at traversal
  standard,  ///< removed and merged (RFC 3986 §5.2.4), then looked up
};

/// A request target, taken apart (RFC 9112 §3.2, RFC 3986).
struct Target {
  /// Percent-decoded; starts with '/'; no empty inner, `.` or `..` segment, no NUL or backslash.
  std::string path;
  std::string_view query;  ///< as sent, without '?'; empty when there is none
  bool asterisk = false;   ///< `*`, for OPTIONS only; then path is empty
};

/// Why a path is refused with 403 rather than 400: for the log line "Path traversal attempt (…)".
struct PathViolation {
  std::string_view reason;  ///< a literal: one sentence for a person
};

/// Origin-form, absolute-form, and `*` for OPTIONS. Refusal 400: malformed target, bad percent-encoding, a
/// byte that a URI cannot hold; 421: an https target. PathViolation (403): a `.` or `..` segment, an empty
/// inner segment, a backslash or NUL: raw, percent-encoded once, or twice. One trailing '/' is fine; `/` is
/// the root. An encoded slash is a slash, as in nginx. The characters `"<>^{|}` and the backquote, which RFC
/// 3986 wants encoded, are taken as they are: browsers and curl send some of them raw, and they mean nothing
/// else. A query is not judged.
[[nodiscard]] std::variant<Target, Refusal, PathViolation> parse_target(const RequestHead& head);

}  // namespace bobbin::http

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/request_head.h"

namespace bobbin::http {

/// What identifies the current representation (RFC 9110 §8.8). `etag` as in the field, quotes and `W/`
/// included.
struct Validators {
  std::string etag;
  /// Nothing: a time that nobody can have meant, so there is no date to tell or to compare with.
  std::optional<WallTime> last_modified = {};
  /// RFC 9110 §8.8.2.2: the date identifies the content, so it may do for If-Range. It does not when it was
  /// set by a tool: another version can have the same one.
  bool date_is_strong = true;
};

enum class PreconditionVerdict : std::uint8_t { proceed, not_modified, failed };

/// If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since with the precedence of RFC 9110 §13.2.2,
/// for GET and HEAD of a representation that exists.
[[nodiscard]] PreconditionVerdict evaluate_preconditions(const Fields& fields, const Validators& current,
                                                         WallTime now);

/// RFC 9110 §13.1.5: whether Range may be honoured. True without If-Range; a strong tag comparison, or an
/// exact date match (and then only when the date is at least a second older than `now`, §8.8.2.2).
[[nodiscard]] bool if_range_allows(const Fields& fields, const Validators& current, WallTime now);

}  // namespace bobbin::http

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
  std::optional<WallTime> last_modified;  ///< none: the representation has no date that could be trusted
  /// Whether the date changes whenever the content does, so that If-Range may rely on it (§8.8.2.2).
  bool date_is_strong = false;
};

enum class PreconditionVerdict : std::uint8_t { proceed, not_modified, failed };

/// If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since with the precedence of RFC 9110 §13.2.2,
/// for GET and HEAD of a representation that exists. Without a date of its own, conditions by date are
/// ignored (§13.1.3, §13.1.4).
[[nodiscard]] PreconditionVerdict evaluate_preconditions(const Fields& fields, const Validators& current,
                                                         WallTime now);

/// RFC 9110 §13.1.5: whether Range may be honoured. True without If-Range; a strong tag comparison, or an
/// exact match of a date that is strong (and then only when it is at least a second older than `now`,
/// §8.8.2.2).
[[nodiscard]] bool if_range_allows(const Fields& fields, const Validators& current, WallTime now);

}  // namespace bobbin::http

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace bobbin::feed {

/// What a reader asks for.
struct Query {
  static constexpr unsigned kMostRecords = 1000;
  static constexpr seconds kLongestWait{60};

  std::uint64_t since = 0;  ///< the records behind this sequence
  unsigned limit = 100;     ///< so many at most
  seconds wait{0};          ///< for how long to wait for a record when there is none
  friend bool operator==(const Query&, const Query&) = default;
};

/// `query`: of a target as it was sent, without '?'. The error is a sentence that says what is allowed.
[[nodiscard]] Result<Query, std::string> parse_query(std::string_view query);
/// The value of a Last-Event-ID field.
[[nodiscard]] Result<std::uint64_t, std::string> parse_last_event_id(std::string_view value);
/// The query, without '?'.
[[nodiscard]] std::string text_of(const Query& query);

}  // namespace bobbin::feed

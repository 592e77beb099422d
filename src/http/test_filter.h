#pragma once

#include <optional>
#include <utility>

#include "http/filter.h"

// For tests of filters.
namespace bobbin::http {

/// What the filter answers before the handler is asked; nothing: it lets the request through.
inline std::optional<Response> answer_of(const Filter& filter, const Request& request) {
  std::optional<Begin> decision = filter.before(request);
  if (!decision) return std::nullopt;
  return std::get<Response>(*std::move(decision));
}

}  // namespace bobbin::http

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/handler.h"

namespace bobbin::admin {

/// What a cache must not keep.
[[nodiscard]] http::Response uncached(http::Status status, std::string_view media_type, std::string content);

/// 405, with Allow, for what is neither GET nor HEAD; 204 for OPTIONS.
[[nodiscard]] std::optional<http::Response> refuse_method(const http::Request& request);

}  // namespace bobbin::admin

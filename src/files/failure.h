#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/response.h"

namespace bobbin::files {

/// The same whether a file is missing, hidden or no file at all: nobody learns which.
[[nodiscard]] http::Response not_found();

/// What the world's refusal to open or read the file at `path` becomes. This is the only place that maps
/// errors to responses.
[[nodiscard]] http::Response answer_to(const Error& error, std::string_view path);

/// The content of the file at `path` is not on this machine, and cannot be had now.
[[nodiscard]] http::Response content_is_away(std::string_view path, seconds retry_after);

/// Nobody knows yet which files there are.
[[nodiscard]] http::Response names_are_unknown();

/// The client has waited as long as it may for another process to give up its lease on the file at `path`.
[[nodiscard]] http::Response lease_is_kept(std::string_view path);

}  // namespace bobbin::files

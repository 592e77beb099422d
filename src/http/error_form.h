#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/request_head.h"
#include "http/response.h"

namespace bobbin::http {

/// How an error is shown: a page for people, or problem details (RFC 9457) for programs.
enum class ErrorForm : std::uint8_t { page, problem };

/// From the Accept fields (RFC 9110 §12.5.1): problem details only where application/problem+json or
/// application/json has a higher weight than text/html; so not for `*/*`, nor without Accept, nor where
/// Accept is malformed.
[[nodiscard]] ErrorForm preferred_error_form(const RequestHead& head);

/// Fills `media_type` and `content` of an error that has none, from its status and `detail`.
/// page: a small HTML document with <title>, <h1>404 Not Found</h1>, one sentence, a link to the start page,
/// and <em>server_name</em>; every text escaped. problem:
/// {"type":"about:blank","title":…,"status":…,"detail":…}. `server_name` empty: no such line.
void render_error(Response& response, ErrorForm form, std::string_view server_name);

}  // namespace bobbin::http

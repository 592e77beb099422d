#pragma once

#include <string>
#include <string_view>

#include "base/endpoint.h"
#include "http/request_head.h"
#include "http/session_context.h"

namespace bobbin::http {

/// Whether an id that somebody else has given may be used: 1 to 128 letters, digits, and characters of ". _ :
/// -".
[[nodiscard]] bool is_request_id(std::string_view text);

/// The id of a request: the one that a trusted proxy names in SessionSettings::request_id_field, or
/// X-Request-ID where that is empty; else a new one. What another client says does not count, nor does a
/// field that is there twice. Empty where requests have no ids. `peer`: as for believe().
[[nodiscard]] std::string request_id(const SessionContext& context, const RequestHead& head,
                                     const Endpoint& peer);

/// Appends the field line of an answer that names the id, where there are both.
void append_request_id(std::string& out, const SessionSettings& settings, std::string_view id);

}  // namespace bobbin::http

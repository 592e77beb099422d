#pragma once

#include <optional>

#include "http/request_head.h"
#include "http/response.h"

namespace bobbin::http {

/// Sets what the fields of a well-formed head mean for the message and its connection: `framing`,
/// `authority`, `asks_to_persist`, `expects_continue`, `expects_other`. Returns a refusal where the framing
/// is in doubt (RFC 9112 §6), which is judged first, or where Host is repeated or malformed, or missing in
/// HTTP/1.1 (§3.2).
[[nodiscard]] std::optional<Refusal> interpret_fields(RequestHead& head);

}  // namespace bobbin::http

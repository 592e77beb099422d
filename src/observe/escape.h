#pragma once

#include <string>
#include <string_view>

// How bytes from strangers enter the log: no text can end its line or its field, steer a terminal, or look
// like an escape that it is not. append_escaped, for text of its own, is in access_log.h.
namespace bobbin::observe {

/// Appends `text` as append_escaped does, with '"' as \x22 besides, within quotes; an empty text is "-" as in
/// Apache's logs.
void append_quoted(std::string& out, std::string_view text);

/// Appends `text` as a JSON string (RFC 8259 §7), quotes included.
void append_json_string(std::string& out, std::string_view text);

}  // namespace bobbin::observe

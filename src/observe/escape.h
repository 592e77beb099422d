#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "observe/line_builder.h"

// How bytes from strangers enter the log: no text can end its line or its field, steer a terminal, or look
// like an escape that it is not. append_escaped, for text of its own, is in access_log.h.
namespace bobbin::observe {

/// What one text becomes at most, once escaped; the rest is cut off. Escaping can make a text six times as
/// long, and an entry that is larger than its ring would be dropped: without a limit for each text, a client
/// could keep its exchange out of the log. A request line that fills the default head is still shown whole.
inline constexpr std::size_t kMostTextBytes = 16 * 1024;

/// Adds `text` as append_escaped does.
void add_escaped(LineBuilder& line, std::string_view text);

/// Adds `text` as append_escaped does, with '"' as \x22 besides, within quotes; an empty text is "-" as in
/// Apache's logs.
void add_quoted(LineBuilder& line, std::string_view text);
void append_quoted(std::string& out, std::string_view text);

/// Adds `text` as a JSON string (RFC 8259 §7), quotes included. False when it was cut.
[[nodiscard]] bool add_json_string(LineBuilder& line, std::string_view text);
[[nodiscard]] bool append_json_string(std::string& out, std::string_view text);

}  // namespace bobbin::observe

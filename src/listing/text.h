#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/html.h"

namespace bobbin::listing {

/// append_html for a text of several lines, which end with LF or CR LF.
void append_html_lines(std::string& out, std::string_view text);
/// Appends the inside of a JSON string (RFC 8259 §7). What is not UTF-8 becomes U+FFFD.
void append_json(std::string& out, std::string_view text);
/// Appends a name as a relative reference that is only ever a path (RFC 3986 §4.2) and needs no escaping in
/// HTML or JSON: any byte that could mean something else is percent-encoded, a colon too.
void append_reference(std::string& out, std::string_view name);
/// "950 B", "1.2 kB", "35 MB": powers of 1000.
void append_size(std::string& out, std::uint64_t bytes);
/// "2026-11-22 01:15" and "2026-11-22T01:15:29Z" (RFC 3339), both in UTC.
void append_minute(std::string& out, WallTime time);
void append_moment(std::string& out, WallTime time);

}  // namespace bobbin::listing

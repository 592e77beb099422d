#pragma once

#include <string>
#include <string_view>

namespace bobbin {

/// Appends text for HTML content and for attribute values in quotation marks. What is not UTF-8 becomes
/// U+FFFD, and so do control characters but HTAB, which HTML cannot hold.
void append_html(std::string& out, std::string_view text);

}  // namespace bobbin

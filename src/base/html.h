#pragma once

#include <string>
#include <string_view>

namespace bobbin {

/// Appends text for HTML content and for attribute values in quotation marks. What is not UTF-8 becomes
/// U+FFFD, and so do control characters but HTAB, which HTML cannot hold.
void append_html(std::string& out, std::string_view text);

/// By which a Content-Security-Policy lets in a style or a script that stands in the page: its hash-source
/// (CSP Level 3, §2.3.1). `sha256`: the digest of the text, as bytes.
[[nodiscard]] std::string hash_source(std::string_view sha256);

}  // namespace bobbin

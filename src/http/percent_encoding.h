#pragma once

#include <string>
#include <string_view>

namespace bobbin::http {

/// Percent-encodes every byte but ASCII letters, digits and those in `plain` (RFC 3986 §2.1).
[[nodiscard]] std::string percent_encode(std::string_view bytes, std::string_view plain);

/// A decoded path as it stands in a URI: segments of pchar, and '/' (RFC 3986 §3.3).
[[nodiscard]] std::string encode_path(std::string_view path);

}  // namespace bobbin::http

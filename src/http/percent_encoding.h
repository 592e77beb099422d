#pragma once

#include <string>
#include <string_view>

namespace bobbin::http {

/// Percent-encodes every byte but ASCII letters, digits and those in `plain` (RFC 3986 §2.1).
[[nodiscard]] std::string percent_encode(std::string_view bytes, std::string_view plain);

struct Decoded {
  std::string text;
  bool is_well_formed = true;  ///< every '%' began an encoding; one that did not was left as it is
};
/// The bytes that a percent-encoded text stands for (RFC 3986 §2.1).
[[nodiscard]] Decoded percent_decode(std::string_view text);

/// A decoded path as it stands in a URI: segments of pchar, and '/' (RFC 3986 §3.3).
[[nodiscard]] std::string encode_path(std::string_view path);

}  // namespace bobbin::http

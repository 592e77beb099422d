#pragma once

#include <string_view>

namespace bobbin::json {

/// Whether `text` is UTF-8 from its first byte to its last (RFC 3629 §4). The same verdict as
/// bobbin::is_utf8, for much text: without a branch for each character.
[[nodiscard]] bool is_valid_utf8(std::string_view text);

}  // namespace bobbin::json

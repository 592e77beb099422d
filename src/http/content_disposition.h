#pragma once

#include <string>
#include <string_view>

namespace bobbin::http {

/// `attachment; filename="…"` (RFC 6266), with `filename*=UTF-8''…` (RFC 8187) beside a plain fallback where
/// the name is not ASCII, or holds a character that clients are known to misread (`%`, `"`, `\`, controls).
/// No byte of the name can end the field or the quoted string. A name that is not valid UTF-8 keeps only its
/// ASCII part.
[[nodiscard]] std::string attachment(std::string_view file_name);

}  // namespace bobbin::http

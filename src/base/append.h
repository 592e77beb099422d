#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace bobbin {

inline void append_part(std::string& out, std::string_view text) { out += text; }
inline void append_part(std::string& out, char c) { out += c; }
/// In decimal digits.
template <std::unsigned_integral Number>
void append_part(std::string& out, Number number) {
  char digits[std::numeric_limits<Number>::digits10 + 1];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

/// Appends texts, characters and numbers, one behind the other: for what is written so often that reading a
/// format string each time would show.
template <typename... Parts>
void append_parts(std::string& out, const Parts&... parts) {
  (append_part(out, parts), ...);
}

}  // namespace bobbin

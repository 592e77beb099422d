#pragma once

#include <cstdint>
#include <string_view>

namespace bobbin::json {

/// RFC 8259 §2: `ws`.
[[nodiscard]] constexpr bool is_blank(char c) {
  constexpr std::uint64_t kBlanks = 1ULL << ' ' | 1ULL << '\t' | 1ULL << '\n' | 1ULL << '\r';
  const auto code = static_cast<unsigned char>(c);
  return code <= ' ' && (kBlanks >> code & 1) != 0;
}

/// The first byte in [from, end) that is not white space, or `end`. For runs that are short.
[[nodiscard]] constexpr const char* skip_blanks(const char* from, const char* end) {
  while (from != end && is_blank(*from)) ++from;
  return from;
}

[[nodiscard]] constexpr bool is_blank(std::string_view text) {
  return skip_blanks(text.data(), text.data() + text.size()) == text.data() + text.size();
}

}  // namespace bobbin::json

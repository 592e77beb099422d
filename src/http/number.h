#pragma once

#include <charconv>
#include <cstdint>
#include <string>

namespace bobbin::http {

/// Appends a number in decimal digits.
inline void append_number(std::string& out, std::uint64_t value) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

}  // namespace bobbin::http

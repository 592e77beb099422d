#pragma once

#include <string>
#include <string_view>

#include "base/ascii.h"

// For tests: bytes as published vectors write them.
namespace bobbin::crypto {

/// The bytes of an even number of hexadecimal digits.
inline std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(hex_value(digits[i]) << 4 | hex_value(digits[i + 1]));
  return bytes;
}

}  // namespace bobbin::crypto

#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

namespace bobbin::files {

/// What an allocation of `wanted` bytes takes from the process: glibc's malloc puts a word in front of each
/// block and makes it a multiple of 16 bytes, 32 at least.
[[nodiscard]] constexpr std::size_t heap_block_bytes(std::size_t wanted) {
  constexpr std::size_t kWord = 8, kGranule = 16, kLeast = 32;
  if (wanted == 0) return 0;
  return std::max(kLeast, (wanted + kWord + kGranule - 1) / kGranule * kGranule);
}

/// What a string takes beyond itself: nothing while it is short enough to lie within.
[[nodiscard]] inline std::size_t heap_bytes(const std::string& text) {
  const bool lies_within = text.capacity() <= std::string().capacity();
  return lies_within ? 0 : heap_block_bytes(text.capacity() + 1);
}

}  // namespace bobbin::files

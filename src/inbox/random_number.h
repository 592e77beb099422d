#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "os/random.h"

namespace bobbin::inbox {

/// For RetrySchedule::pause_after.
[[nodiscard]] inline std::uint32_t random_number() {
  std::array<std::byte, sizeof(std::uint32_t)> bytes{};
  os::fill_random(bytes);
  return std::bit_cast<std::uint32_t>(bytes);
}

}  // namespace bobbin::inbox

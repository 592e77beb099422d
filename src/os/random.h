#pragma once

#include <cstddef>
#include <span>

namespace bobbin::os {

/// Fills `into` from the kernel's generator (getrandom(2)); never fails once the system has booted.
void fill_random(std::span<std::byte> into);

}  // namespace bobbin::os

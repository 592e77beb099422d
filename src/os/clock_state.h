#pragma once

#include <optional>

namespace bobbin::os {

/// Whether the kernel knows that its clock is synchronized (adjtimex(2)). Nothing: a sandbox does not let it
/// be asked.
[[nodiscard]] std::optional<bool> clock_is_synchronized();

}  // namespace bobbin::os

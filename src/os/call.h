#pragma once

#include <cerrno>

#include "base/result.h"

namespace bobbin::os {

/// The failure of the system call that has just returned: errno, and the call's name.
[[nodiscard]] inline auto last_error(const char* operation) { return failure(Error{errno, operation}); }

/// Calls again while a signal interrupts.
template <typename Call>
[[nodiscard]] auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace bobbin::os

#pragma once

#include <cstdio>
#include <cstdlib>

namespace bobbin::detail {
[[noreturn]] inline void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
  std::abort();
}
}  // namespace bobbin::detail

/// Our own fault, in every build: to go on would be to guess. Never for anything that a peer, the disk or the
/// operator can cause.
#define ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::bobbin::detail::assertion_failed(#condition, __FILE__, __LINE__))

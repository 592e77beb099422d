#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"

namespace bobbin::doctor {

/// What the machine gives to a process like this one. What is not known is absent.
struct Machine {
  std::string kernel;  ///< "6.1.0-28-amd64"
  bool has_openat2 = false;
  int landlock_version = 0;                        ///< 0: none
  unsigned cpus = 1;                               ///< that may be used
  std::uint64_t descriptors = 0;                   ///< the hard limit of open files
  std::optional<std::uint64_t> memory_bytes = {};  ///< the smallest limit of its control groups
  std::optional<std::uint64_t> tasks = {};         ///< likewise, of processes and threads
  std::optional<std::uint64_t> backlog = {};       ///< net.core.somaxconn
  std::optional<bool> clock_is_synchronized = {};
  WallTime now;
};

/// Looks at this machine; changes nothing.
[[nodiscard]] Machine this_machine();

}  // namespace bobbin::doctor

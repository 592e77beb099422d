#pragma once

#include <cstddef>
#include <cstdint>

#include "app/config.h"

namespace bobbin::app {

/// How many connections may be held, and where.
struct Capacity {
  std::size_t connections_per_thread;
  std::size_t queue;
  std::size_t lingering_per_thread;  ///< answered, and only read on until the client has closed
  std::size_t rejected;              ///< likewise, of those that were refused with 503
};

/// What is configured, lowered to what `free_descriptors` allow. Every connection takes one; a reserve stays
/// for the files and uploads of those that are served, so that an established client is not refused for want
/// of a descriptor. At least one connection for each thread.
[[nodiscard]] Capacity plan_capacity(const ServerConfig& config, std::uint64_t free_descriptors);

}  // namespace bobbin::app

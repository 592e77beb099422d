#pragma once

#include <cstddef>
#include <cstdint>

#include "app/config.h"

namespace bobbin::app {

/// How many connections may be held, and where.
struct Capacity {
  std::size_t connections_per_thread;
  std::size_t queue;
  std::size_t lingering_per_thread;  ///< connections that are answered and read until the client closes
  std::size_t rejected;              ///< the same for connections that were rejected with 503
};

/// The configured capacity, lowered to what `free_descriptors` allow. Every connection takes one descriptor.
/// A reserve stays for the files and uploads of the connections that are served, so that no established
/// client is refused for want of a descriptor. Each thread gets at least one connection.
[[nodiscard]] Capacity plan_capacity(const ServerConfig& config, std::uint64_t free_descriptors);

}  // namespace bobbin::app

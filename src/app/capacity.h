#pragma once

#include <cstddef>
#include <cstdint>

#include "app/config.h"

namespace bobbin::app {

/// How many connections the workers and the queue may hold.
struct Capacity {
  std::size_t connections_per_thread;
  std::size_t queue;
};

/// What is configured, lowered to what `free_descriptors` allow. Every connection takes one; a reserve stays
/// for the files and uploads of those that are served, so that an established client is never refused for
/// want of a descriptor. At least one connection for each thread.
[[nodiscard]] Capacity plan_capacity(const Config& config, std::uint64_t free_descriptors);

}  // namespace bobbin::app

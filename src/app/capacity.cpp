#include "app/capacity.h"

#include <algorithm>

namespace bobbin::app {

Capacity plan_capacity(const ServerConfig& config, std::uint64_t free_descriptors) {
  const std::uint64_t rejected = std::min<std::uint64_t>(64, free_descriptors / 16);
  const std::uint64_t lingering = std::min<std::uint64_t>(64, free_descriptors / 16 / config.threads);
  const std::uint64_t places = free_descriptors - rejected - lingering * config.threads;
  // A connection that downloads a large file holds two descriptors. Where descriptors are scarce, every
  // connection might do so; where there are many, most do not.
  const std::uint64_t files = std::min(places / 2, 512 + places / 8);
  const std::uint64_t connections = places - files;
  // The queue holds descriptors too. It gets a quarter of them at most, since a place with a worker is worth
  // more; or all that the workers do not want, if that is more.
  const std::uint64_t wanted = std::uint64_t{config.threads} * config.connections_per_thread;
  const std::uint64_t unwanted = connections - std::min(connections, wanted);
  const std::uint64_t queue = std::min<std::uint64_t>(config.queue, std::max(connections / 4, unwanted));
  const std::uint64_t per_thread = std::max<std::uint64_t>(1, (connections - queue) / config.threads);
  return {.connections_per_thread = std::min<std::uint64_t>(config.connections_per_thread, per_thread),
          .queue = queue,
          .lingering_per_thread = lingering,
          .rejected = rejected};
}

}  // namespace bobbin::app

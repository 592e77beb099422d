#include "app/capacity.h"

#include <algorithm>

#include "server/turned_away.h"

namespace bobbin::app {

Capacity plan_capacity(const Config& config, std::uint64_t free_descriptors) {
  const std::uint64_t turned_away =
      std::min<std::uint64_t>(server::TurnedAway::kMaximum, free_descriptors / 8);
  const std::uint64_t files = free_descriptors / 4;
  const std::uint64_t connections = free_descriptors - turned_away - files;
  // The queue holds descriptors too. It gets at most a quarter of them: a place with a worker is worth more.
  const std::uint64_t queue = std::min<std::uint64_t>(config.queue, connections / 4);
  const std::uint64_t per_thread = std::max<std::uint64_t>(1, (connections - queue) / config.threads);
  return {.connections_per_thread = std::min<std::uint64_t>(config.connections_per_thread, per_thread),
          .queue = queue};
}

}  // namespace bobbin::app

#pragma once

#include <cstddef>
#include <cstdint>

#include "observe/registry.h"

namespace bobbin::server {

/// How many connections a worker has, by what they do. Thread: the worker's.
class ConnectionGauges {
 public:
  /// `registry` outlives it.
  explicit ConnectionGauges(observe::Registry& registry)
      : active_(registry.own_gauge(kConnections, "state=\"active\"")),
        idle_(registry.own_gauge(kConnections, "state=\"idle\"")),
        closing_(registry.own_gauge(kConnections, "state=\"closing\"")) {}

  /// `idle` and `closing` are among `all`, and none is both.
  void set(std::size_t all, std::size_t idle, std::size_t closing) {
    active_.set(static_cast<std::int64_t>(all - idle - closing));
    idle_.set(static_cast<std::int64_t>(idle));
    closing_.set(static_cast<std::int64_t>(closing));
  }

  static constexpr observe::Metric kConnections{"bobbin_connections", "Open connections, by what they do"};

 private:
  observe::Gauge& active_;
  observe::Gauge& idle_;
  observe::Gauge& closing_;
};

}  // namespace bobbin::server

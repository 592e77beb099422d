#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/health.h"
#include "admin/server_state.h"
#include "base/clock.h"
#include "observe/snapshot.h"

namespace bobbin::admin {

/// What the status page shows, whichever form it has.
struct ServerStatus {
  using Count = std::pair<std::string, double>;

  struct Site {
    ServerFacts::Site facts;
    double successes = 0;      ///< requests answered 2xx
    double redirections = 0;   ///< 3xx
    double client_errors = 0;  ///< 4xx
    double server_errors = 0;  ///< 5xx
  };
  struct Store {
    std::string folder;
    std::string state;
    double stored = 0;
    double repeated = 0;
    double failed = 0;
    double journal_bytes = 0;
    double checkpoint = 0;  ///< seconds since the epoch; 0: none was made
  };

  ServerFacts facts;
  WallTime now;
  std::vector<Obstacle> obstacles;
  std::vector<Count> connections;  ///< by what they do
  double accepted = 0;             ///< connections since the start
  double rejected = 0;
  double content_bytes = 0;
  double resident_bytes = 0;
  double cpu_seconds = 0;
  double cache_files = 0;
  double cache_bytes = 0;
  double lost_log_lines = 0;
  std::vector<Site> sites;
  std::vector<Store> stores;
  std::vector<Count> refusals;  ///< requests by reason, the most frequent first

  [[nodiscard]] bool is_ready() const { return obstacles.empty(); }
};

[[nodiscard]] ServerStatus status_of(ServerFacts facts, const observe::Snapshot& snapshot,
                                     std::vector<Obstacle> obstacles, WallTime now);

/// The value of the label `name` among `labels`, as it was before it was escaped; empty when it is not there.
[[nodiscard]] std::string label_value(std::string_view labels, std::string_view name);

}  // namespace bobbin::admin

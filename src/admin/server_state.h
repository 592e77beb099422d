#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "observe/snapshot.h"

namespace bobbin::admin {

/// What a person wants to know of a server besides its numbers.
struct ServerFacts {
  struct Site {
    std::string name;  ///< as in the label `site`
    std::string root;
    std::string uploads;  ///< where documents are stored; empty: none are taken
  };
  struct Warning {
    WallTime time;
    std::string text;
  };

  std::string version;
  long process = 0;
  WallTime started;
  unsigned threads = 0;
  std::string sandbox;  ///< what of the process is confined
  std::vector<std::string> listeners;
  std::vector<Site> sites;
  std::vector<Warning> warnings;  ///< the last ones, the newest first
};

// Some numbers of the process are named here, since the status page shows them.
inline constexpr observe::Metric kResidentMemory{"process_resident_memory_bytes", "Resident memory"};
inline constexpr observe::Metric kCpuTime{"process_cpu_seconds_total",
                                          "CPU time of the process, for itself and in the system"};
inline constexpr observe::Metric kLostLogLines{
    "bobbin_log_lines_lost_total", "Lines of the log that were dropped, or that its file would not take"};

/// From which the admin listener answers. Thread: any; no call waits for a disk.
class ServerState {
 public:
  virtual ~ServerState() = default;
  [[nodiscard]] virtual observe::Snapshot snapshot() const = 0;
  [[nodiscard]] virtual ServerFacts facts() const = 0;
};

}  // namespace bobbin::admin

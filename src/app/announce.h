#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/capacity.h"
#include "app/config.h"
#include "app/generation.h"
#include "app/listener_services.h"
#include "app/warning.h"
#include "base/endpoint.h"
#include "http/listener_rules.h"
#include "observe/log.h"
#include "observe/registry.h"

namespace bobbin::app {

/// The seeds' four start lines, then version, accepted hosts, uploads and users of every site. `names`: those
/// of the listeners; `bound` and `schemes` have one for each of them, too.
void announce(const Config& config, const Generation& generation, const std::vector<std::string>& names,
              const std::vector<Endpoint>& bound, const std::vector<http::Scheme>& schemes,
              observe::LogWriter& log);

/// The lines about hosts, uploads and users alone.
void announce_sites(const Generation& generation, const std::vector<Endpoint>& bound,
                    const std::vector<http::Scheme>& schemes, observe::LogWriter& log);

/// Says where the admin listeners are, and warns of those that others than this machine can reach.
void announce_admin(const std::vector<std::string>& names, const std::vector<Endpoint>& bound,
                    observe::LogWriter& log);

/// Sentences about what an operator should know before the first client comes.
[[nodiscard]] std::vector<Warning> start_warnings(const Config& config, const Generation& generation,
                                                  const std::vector<Endpoint>& bound,
                                                  const ListenerServices& services, const Capacity& capacity,
                                                  unsigned usable_cpus);

/// Of the connections that were open when the process began to end.
struct Ending {
  std::size_t drained = 0;  ///< which have ended by themselves
  std::size_t cut = 0;      ///< which the end of the grace period has ended
};

/// Writes the line of the stop: what has been served and stored since the start.
void write_totals(const observe::Registry& registry, const Ending& ending, observe::LogWriter& log);

void write_warnings(const std::vector<Warning>& warnings, observe::LogWriter& log);

}  // namespace bobbin::app

#pragma once

#include <cstdint>
#include <string>

#include "app/config.h"
#include "base/result.h"

namespace bobbin::app {

inline constexpr int kExitCannotRun = 71;  ///< the system refuses something (EX_OSERR of sysexits.h)

/// Why the server does not start: a sentence for standard error, and the exit status.
struct StartFailure {
  std::string message;
  int exit_status;
};

/// How many descriptors the server needs besides those of its connections: what is open now, each worker's
/// own, and a few for the acceptor and what a library may open.
[[nodiscard]] std::uint64_t descriptors_needed(const ServerConfig& config);

/// "what: call: errno's text; what is needed", as a refusal of the system (kExitCannotRun).
[[nodiscard]] StartFailure refused_by_system(const std::string& what, const Error& error,
                                             const ServerConfig& config);

}  // namespace bobbin::app

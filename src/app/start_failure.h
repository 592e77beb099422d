#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "app/config.h"
#include "base/result.h"

namespace bobbin::app {

inline constexpr int kExitCannotRun = 71;  ///< the system refuses something (EX_OSERR of sysexits.h)

/// Says why the server does not start, or has ended by itself: a sentence for standard error, and the exit
/// status.
struct StartFailure {
  std::string message;
  int exit_status;
};

/// How many descriptors the server needs besides those of its connections: those that are open now, those of
/// each worker, and a few for the acceptor and for libraries.
[[nodiscard]] std::uint64_t descriptors_needed(const ServerConfig& config);

/// What a log at this place needs, as a part of a sentence. It lives for ever.
[[nodiscard]] std::string_view needed_at(std::string_view log_place);
/// That this option names a log that cannot be opened, with the exit status kExitUsage.
[[nodiscard]] StartFailure unwritable_log(std::string_view option, const std::string& place,
                                          const Error& error);

/// That the server cannot be that of --user, with the exit status kExitUsage.
[[nodiscard]] StartFailure impossible_user(const std::string& user, const Error& error);

/// Makes the message "what: call: text of errno; what is needed", with the exit status kExitCannotRun.
[[nodiscard]] StartFailure refused_by_system(const std::string& what, const Error& error,
                                             const ServerConfig& config);

}  // namespace bobbin::app

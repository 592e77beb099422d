#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace bobbin::os {

/// A descriptor that the service manager has passed to this process (sd_listen_fds(3)).
struct PassedDescriptor {
  int number;
  std::string name;  ///< FileDescriptorName= of the socket's unit; without one, that unit's name

  friend bool operator==(const PassedDescriptor&, const PassedDescriptor&) = default;
};

/// Reads the variables LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, each of which may be null. None when they
/// are meant for another process than `process`, or malformed. A descriptor without a name is "unknown", as
/// with libsystemd.
[[nodiscard]] std::vector<PassedDescriptor> parse_passed_descriptors(const char* pid, const char* count,
                                                                     const char* names, long process);
/// Those of this process, from its environment.
[[nodiscard]] std::vector<PassedDescriptor> passed_descriptors();

/// Takes a descriptor over as a listening stream socket of TCP or Unix: from now on it does not block, and
/// programs that this one starts do not inherit it. The error says why it is none: the end of a sentence.
[[nodiscard]] Result<Fd, std::string> take_listening_socket(int number);

}  // namespace bobbin::os

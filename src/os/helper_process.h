#pragma once

#include <functional>
#include <span>
#include <string>

#include "base/result.h"
#include "os/message_socket.h"

namespace bobbin::os {

/// Starts a process beside this one that does `work` for it, and does it anew a second after it has died, for
/// example by a signal. `work` runs in a copy of this process (fork(2)) in which only the standard streams
/// and `kept` are open and every signal is blocked. It returns once the other ends of `kept` are closed,
/// which is when this process has ended, however that ended; then nothing of it is left. `name`: of the
/// process, at most 15 bytes. Only where this process has no other thread. EAGAIN: no process can be started.
[[nodiscard]] Result<void> start_helper_process(const std::string& name, std::span<const MessageSocket> kept,
                                                const std::function<void()>& work);

}  // namespace bobbin::os

#pragma once

#include "executor/executor.h"
#include "files/open_file.h"
#include "files/representation.h"
#include "http/handler.h"

namespace bobbin::files {

/// A process that holds a lease on a file (fcntl F_SETLEASE: a file server does, for a client that keeps the
/// file in its own cache) is told by the kernel when somebody opens it, and has a while to write back what
/// it still has and to give the lease up. The call that opens the file waits meanwhile. A worker must not, so
/// the executor opens the file and makes the response, which is the one that `represent` makes for any file.
///
/// Answers 503 when too many wait already, or when it takes too long. `executor` outlives the exchange.
[[nodiscard]] http::Begin answer_after_lease(const http::Request& request, OpenFile leased,
                                             const Subject& subject, executor::Executor& executor);

}  // namespace bobbin::files

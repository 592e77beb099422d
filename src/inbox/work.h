#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "inbox/consumer.h"
#include "inbox/record_folders.h"
#include "inbox/retry_schedule.h"

namespace bobbin::inbox {

struct WorkOptions {
  std::string consumer;              ///< see is_consumer_name
  std::vector<std::string> command;  ///< a program and its first arguments; not empty
  RetrySchedule retry = {};          ///< for a command that has failed
};

/// The variable in the environment of the command that says which attempt it is, from 1.
inline constexpr const char* kAttemptVariable = "BOBBIN_ATTEMPT";

/// The exit status of a command for which the record is at fault, and which is not run again (EX_DATAERR of
/// sysexits.h).
inline constexpr int kExitHopeless = 65;

/// Gives each record to the command, as run_worker does: the path of its file is the last argument, and the
/// file is the standard input. An attempt has succeeded where the exit status is 0; with kExitHopeless, no
/// other one is made. A second signal is passed on to the command as SIGTERM; a command that a signal ends
/// then was interrupted.
///
/// Nothing: it was ended by a signal. The error is a message: the command cannot be started, and there are no
/// pauses, or a record cannot be moved. Thread: the only one of its process, whose signals it takes.
[[nodiscard]] Result<void, std::string> work(const RecordFolders& folders, const WorkOptions& options,
                                             const Report& report);

}  // namespace bobbin::inbox

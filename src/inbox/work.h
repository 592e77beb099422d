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

/// Takes back what an interrupted run of this consumer has left, and then gives each record to the command,
/// one after the other and the oldest first: the path of its file as the last argument, and the file as
/// standard input. The record is moved to `done` where the exit status is 0, and to `failed` otherwise: where
/// there are pauses, only after the last attempt, or with the exit status kExitHopeless. In a pause the
/// record stays claimed and locked, and no other one is begun. One that another program moves away then is
/// passed over.
///
/// SIGTERM, SIGINT, SIGHUP or SIGQUIT ends this in a pause at once, and otherwise once the command has ended;
/// a second one is passed on to it as SIGTERM. A command that a signal ends then was interrupted. The record
/// of one that was interrupted, or that there were attempts left for, goes back to `new`. Attempts are
/// counted by this process alone: the next worker begins with the first one.
///
/// Nothing: it was ended by a signal. The error is a message: the command cannot be started, and there are no
/// pauses, or a record cannot be moved. Thread: the only one of its process, whose signals it takes.
[[nodiscard]] Result<void, std::string> work(const RecordFolders& folders, const WorkOptions& options,
                                             const Report& report);

}  // namespace bobbin::inbox

#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "inbox/consumer.h"
#include "inbox/record_folders.h"

namespace bobbin::inbox {

struct WorkOptions {
  std::string consumer;              ///< see is_consumer_name
  std::vector<std::string> command;  ///< a program and its first arguments; not empty
};

/// Takes back what an interrupted run of this consumer has left, and then gives each record to the command,
/// one after the other and the oldest first: the path of its file as the last argument, and the file as
/// standard input. The record is moved to `done` where the exit status is 0, and to `failed` otherwise.
///
/// SIGTERM, SIGINT, SIGHUP or SIGQUIT ends this once the command has ended; a second one is passed on to it
/// as SIGTERM. A command that a signal ends then was interrupted, and its record goes back to `new`.
///
/// Nothing: it was ended by a signal. The error is a message: the command cannot be started, or a record
/// cannot be moved. Thread: the only one of its process, whose signals it takes.
[[nodiscard]] Result<void, std::string> work(const RecordFolders& folders, const WorkOptions& options,
                                             const Report& report);

}  // namespace bobbin::inbox

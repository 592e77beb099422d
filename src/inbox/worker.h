#pragma once

#include <string>

#include "base/result.h"
#include "inbox/consumer.h"
#include "inbox/handling.h"
#include "inbox/record_folders.h"
#include "inbox/retry_schedule.h"
#include "inbox/stop_signals.h"

namespace bobbin::inbox {

struct WorkerOptions {
  std::string consumer;      ///< see is_consumer_name
  RetrySchedule retry = {};  ///< for an attempt that has failed; the first one of each step begins it anew
  bool ends_when_empty = false;  ///< when there is no record that can be claimed
};

/// Takes back what an interrupted run of this consumer has left, and then claims each record, the oldest
/// first, and takes the steps of its job. The record is moved to `done` where all of them have succeeded, and
/// to `failed` where one has not: for want of a further attempt, or because it is hopeless. The steps behind
/// it are taken all the same. In a pause the record stays claimed and locked, and no other one is begun. One
/// that another program moves away then is passed over.
///
/// The first of the signals ends this in a pause at once, and otherwise once the attempt has ended; what a
/// second one does is the job's business. A record with steps or attempts left, or of which an attempt was
/// interrupted, goes back to `new`. Attempts and steps are counted by this process alone: the next worker
/// begins with the first ones.
///
/// Nothing: it was ended by a signal, or there is no record left. The error is a message: of the handling, or
/// since a record cannot be moved. Thread: the one that takes the signals.
[[nodiscard]] Result<void, std::string> run_worker(const RecordFolders& folders, const WorkerOptions& options,
                                                   Handling& handling, StopSignals& stop,
                                                   const Report& report);

}  // namespace bobbin::inbox

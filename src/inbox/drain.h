#pragma once

#include <string>

#include "base/result.h"
#include "inbox/consumer.h"
#include "inbox/record_folders.h"
#include "object_store/bucket_access.h"

namespace bobbin::inbox {

struct DrainOptions {
  std::string consumer;  ///< see is_consumer_name
  object_store::BucketAccess target;
  bool until_empty = false;  ///< ends when no record is left that can be claimed
};

/// Moves the records of an inbox into a bucket, as run_worker does, the oldest first: each file becomes an
/// object of the same name and content behind the prefix of the target, which is created once and never
/// replaced. A record is moved to `done` when the store has said that it has the object. Whatever the store
/// has to say against that ends no record: it is tried again until it succeeds (RetrySchedule::endless). Only
/// what is too large for the store, and a record whose key other content already holds, goes to `failed`.
///
/// At the start, or as soon as the store answers, an object `.bobbin-probe` behind the prefix proves that the
/// store replaces nothing and shows what it has; it is left there. A second signal breaks off the request.
///
/// Nothing: it was ended by a signal, or no record is left. The error is a message: there is no libcurl, the
/// store replaces objects, or it refuses these credentials or this bucket at the start; or a record cannot be
/// moved. Thread: the only one of its process, whose signals it takes.
[[nodiscard]] Result<void, std::string> drain(const RecordFolders& folders, const DrainOptions& options,
                                              const Report& report);

}  // namespace bobbin::inbox

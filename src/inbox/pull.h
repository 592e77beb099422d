#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "inbox/consumer.h"
#include "object_store/bucket_access.h"

namespace bobbin::inbox {

struct PullOptions {
  object_store::BucketAccess source;
  milliseconds poll;  ///< how long until the next look, where there was nothing new
  /// How long a number of a stream may be missing while a later one is there, until it is closed.
  milliseconds gap;
  std::size_t connections = 8;  ///< how many records are fetched at the same time; at least 1
  bool until_empty = false;     ///< ends when everything was taken that is there
};

enum class PullEnd : std::uint8_t {
  told,      ///< by a signal
  complete,  ///< everything was taken that was there
  held_up,   ///< everything, but what stands behind a record that is not whole
};

/// Fetches the records of every node out of a bucket into the inbox at `path`, each once: the mirror of
/// drain. The folders of the inbox are made where they are missing; this process has them to itself as far as
/// putting records into `new` goes.
///
/// Below the prefix there are folders of names, of which the later ones are taken that stand behind the last
/// one, and streams (object_store/stream.h), of which no number is passed over before there is a record or a
/// tombstone. A missing number is closed by this process after a while. A record is in `new`, on stable
/// storage, before its place is noted (PullCursors), and is not put there again while it is in one of the
/// folders. One that is not whole is not taken: what stands behind it in its folder waits.
///
/// The store is waited for without end (RetrySchedule::endless), unless an operator has to mend something at
/// the start. The first signal ends this, and breaks off a request.
///
/// The error is a message: there is no libcurl, the folder cannot be used or another process has it, its
/// cursors belong to another location, the store refuses these credentials or this bucket at the start, or it
/// replaces objects where a number was to be closed. Thread: the only one of its process, whose signals it
/// takes.
[[nodiscard]] Result<PullEnd, std::string> pull(const std::string& path, const PullOptions& options,
                                                const Report& report);

}  // namespace bobbin::inbox

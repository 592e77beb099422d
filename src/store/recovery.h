#pragma once

#include <cstdint>

#include "base/result.h"
#include "journal/history.h"
#include "observe/log.h"
#include "store/folder.h"

namespace bobbin::store {

/// Gives every document behind the checkpoint the name that it was acknowledged under, whatever a crash has
/// left of it. Once Folder::sync_everything has succeeded behind that, all of it is on stable storage, and a
/// checkpoint may be recorded.
///
/// When nothing but the process has ended (the boot and the mount are the same), the page cache has all that
/// was written: a document that is noted as published and is missing has been taken by its consumer. After a
/// power cut a name may be there without its bytes, or be missing although it was given: then a file that
/// differs is set aside and made anew in its place, which may be where a consumer has moved it, and a
/// document that is missing is published, perhaps a second time. After a sync has failed, a file that looks
/// whole may not be on the disk: each is written once more.
///
/// Fails with EBADMSG when the disk has lost records that had been flushed, or a whole segment; the log says
/// which.
[[nodiscard]] Result<void> write_missing(Folder& folder, const journal::History& history,
                                         observe::LogWriter& log);

/// Recovers what a journal has left, where there is one, and removes the journal: for a store that goes on
/// without.
[[nodiscard]] Result<void> end_journal(Folder& folder, observe::LogWriter& log);

}  // namespace bobbin::store

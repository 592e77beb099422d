#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "inbox/consumer.h"
#include "object_store/bucket.h"
#include "object_store/location.h"

// What a command does about a store of objects that does not do what it was asked for.
namespace bobbin::inbox {

/// How long to wait at least before the store is asked again: what it says, if that is sensible.
[[nodiscard]] milliseconds believed_pause(const object_store::Trouble& trouble);

/// At the start of a command: an operator who has just started it learns of a mistake at once, and the
/// message ends the command. A store that does not answer is waited for, which is reported.
[[nodiscard]] Result<void, std::string> judge_at_start(const object_store::Location& location,
                                                       const object_store::Trouble& trouble,
                                                       const Report& report);

}  // namespace bobbin::inbox

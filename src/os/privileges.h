#pragma once

#include "base/result.h"
#include "os/accounts.h"

namespace bobbin::os {

/// Whether the process is one of root's.
[[nodiscard]] bool is_root();

/// Makes the process one of this user for good, with all groups of that user. Root alone can do it, before
/// there is a second thread.
[[nodiscard]] Result<void> become(const Account& account);

/// Gives up all capabilities (capabilities(7)) of this thread and of those that it starts later; root keeps
/// those by which it may use everybody's files.
[[nodiscard]] Result<void> give_up_capabilities();

}  // namespace bobbin::os

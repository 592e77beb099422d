#pragma once

#include <span>

#include "base/clock.h"
#include "os/fd.h"

namespace bobbin::os {

/// Returns once one of the descriptors is readable or has ended, or `limit` has passed: poll(2). For a few
/// descriptors and a thread that does nothing else meanwhile; others have an Epoll. May return early. An
/// empty one is passed over.
void wait_until_readable(std::span<const Fd* const> files, milliseconds limit);

}  // namespace bobbin::os

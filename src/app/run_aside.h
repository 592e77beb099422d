#pragma once

#include <functional>
#include <thread>

namespace bobbin::app {

/// Runs what may wait for a disk in a thread of its own; where the system has no more threads, in this one,
/// and the thread returned is none.
[[nodiscard]] std::thread run_aside(const std::function<void()>& action);

}  // namespace bobbin::app

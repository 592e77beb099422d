#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/parse_configuration.h"
#include "app/predecessor.h"

namespace bobbin::app {

/// Runs the server until a signal ends it, or another process takes over. `command`: the program and its
/// arguments, for a successor. `predecessor`: the process from which this one takes over, or null. `parse`
/// reads the configuration again for a reload. Returns the exit status: 0 after an orderly stop, 2 when a
/// directory or file that was named cannot be used, 3 after a forced stop, 71 when the system refuses
/// something, such as an address to listen on.
[[nodiscard]] int serve(const Run& run, const std::function<ParseOutcome()>& parse,
                        std::vector<std::string> command, Predecessor* predecessor);

}  // namespace bobbin::app

#pragma once

#include <string>

#include "app/parse_configuration.h"
#include "base/result.h"
#include "inbox/drain.h"

namespace bobbin::app {

/// Where `bobbin inbox drain` moves records, and as whom, from the words of the command and the variables of
/// AWS. The error is a message. Thread: none may change the environment.
[[nodiscard]] Result<inbox::DrainOptions, std::string> drain_options(const Records& request);

}  // namespace bobbin::app

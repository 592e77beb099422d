#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "inbox/retry_schedule.h"

namespace bobbin::app {

/// What an operator writes behind --retry: `standard`, or 1 to 20 pauses from 1s to 24h with commas between
/// them. The error is a message that does not name the option.
[[nodiscard]] Result<inbox::RetrySchedule, std::string> parse_retry_schedule(std::string_view text);

}  // namespace bobbin::app

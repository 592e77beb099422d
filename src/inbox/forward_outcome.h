#pragma once

#include "base/clock.h"
#include "http_client/client.h"
#include "inbox/handling.h"

namespace bobbin::inbox {

/// What becomes of a record that was sent to another server. A 2xx takes it; 408, 425 and 429, 5xx, a
/// redirection and no answer mean another attempt, not before a Retry-After; every other 4xx says that no
/// attempt will succeed. `now` is when the answer has come.
[[nodiscard]] Outcome outcome_of(const http_client::RequestOutcome& sent, WallTime now);

}  // namespace bobbin::inbox

#pragma once

#include <optional>
#include <string_view>

#include "http/session.h"

namespace bobbin::server {

/// Why the request of this exchange was refused, as a label: one of those in docs/monitoring.md. Nothing when
/// it was not refused, which a 404 is not.
[[nodiscard]] std::optional<std::string_view> refusal_reason(const http::ExchangeSummary& summary);

}  // namespace bobbin::server

#pragma once

#include <span>
#include <string>

#include "admin/status.h"

namespace bobbin::admin {

/// `[{"reason":"store_closed","folder":"uploads"}]`.
[[nodiscard]] std::string json_of(std::span<const Obstacle> obstacles);

/// For programs: the same as the page.
[[nodiscard]] std::string json_of(const ServerStatus& status);

}  // namespace bobbin::admin

#pragma once

#include <string>

#include "admin/status.h"

namespace bobbin::admin {

/// For people: a page that shows itself anew every few seconds.
[[nodiscard]] std::string page_of(const ServerStatus& status);

/// The Content-Security-Policy of the page.
[[nodiscard]] std::string page_policy();

}  // namespace bobbin::admin

#pragma once

#include <string>

#include "app/config.h"
#include "base/result.h"

namespace bobbin::app {

/// Whether what is said of TLS goes together, and means something. Looks at the configuration alone. The
/// error is a sentence for the operator.
[[nodiscard]] Result<void, std::string> check_tls(const Config& config);

}  // namespace bobbin::app

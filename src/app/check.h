#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "app/parse_configuration.h"
#include "app/warning.h"
#include "base/result.h"

namespace bobbin::app {

/// Opens roots, folders, lists and certificates as a start would, binds nothing and changes nothing. Returns
/// warnings about certificates; the error is what keeps the server from starting.
[[nodiscard]] Result<std::vector<Warning>, std::string> check_everything(const Config& config);

/// Carries out --check-config, and prints what it found. Returns the exit status.
[[nodiscard]] int check(const Check& request);

}  // namespace bobbin::app

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/options.h"

namespace bobbin::app {

/// What the TOML text of a configuration file says, in the order of its lines, not yet judged beyond the
/// types: flat, the keys are Option::key. The message of an error, and every place, begins with
/// `name:line:column: `.
[[nodiscard]] Result<std::vector<Setting>, std::string> parse_configuration_file(const std::string& name,
                                                                                 std::string_view text);

}  // namespace bobbin::app

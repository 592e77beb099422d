#pragma once

#include <string>
#include <vector>

#include "app/options.h"
#include "app/parse_configuration.h"
#include "app/warning.h"

namespace bobbin::app {

/// The variable that names the configuration file.
inline constexpr const char* kFileVariable = "BOBBIN_CONFIG";

struct EnvironmentSettings {
  std::vector<Setting> settings;
  std::vector<Warning> warnings;  ///< about variables that begin with BOBBIN_ and set nothing
};

/// The settings that the environment holds. A value such as tcp://10.96.0.5:80 is left out with a warning,
/// since Kubernetes gives every container BOBBIN_PORT=tcp://… when a Service is named bobbin.
[[nodiscard]] EnvironmentSettings settings_of(const Environment& environment);

}  // namespace bobbin::app

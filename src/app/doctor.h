#pragma once

#include "app/parse_configuration.h"

namespace bobbin::app {

/// Carries out `bobbin doctor`: looks whether this machine and this configuration fit, and says what to
/// change. It asks the object store about what lies there. It binds the addresses for a moment, and writes a
/// file where documents are kept, which it removes again, to measure a flush. Returns the exit status: 1 when
/// it has found a problem.
[[nodiscard]] int doctor(const Doctor& request);

}  // namespace bobbin::app

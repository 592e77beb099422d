#pragma once

#include "app/config.h"

namespace bobbin::app {

/// A site with the defaults of this profile: everything that a profile decides, and the one place where it
/// does. Each is an option of its own, which is applied on top.
[[nodiscard]] SiteConfig defaults_of(Profile profile);

}  // namespace bobbin::app

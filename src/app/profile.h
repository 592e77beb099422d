#pragma once

#include "app/config.h"

namespace bobbin::app {

/// A site with the defaults of this profile. This is the only place where a profile decides anything. Each
/// default can be changed by an option, which is applied afterwards.
[[nodiscard]] SiteConfig defaults_of(Profile profile);

}  // namespace bobbin::app

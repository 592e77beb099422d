#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace bobbin::uploads {

/// 26 characters of [a-z2-7], freshly drawn from the kernel's generator: 130 bits, so that nobody can guess
/// one and no two are ever the same.
[[nodiscard]] std::string random_text();

/// `upload_YYYYMMDD_HHMMSS_<random_text>.json`, in local time.
[[nodiscard]] std::string document_name(WallTime now);

/// `.bobbin-<random_text>.tmp`: the leading dot keeps it from ever being served.
[[nodiscard]] std::string temporary_name();
[[nodiscard]] bool is_temporary_name(std::string_view name);

}  // namespace bobbin::uploads

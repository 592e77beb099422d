#pragma once

#include <memory>
#include <optional>
#include <string>

#include "http/response.h"
#include "os/fd.h"
#include "os/file.h"

namespace bobbin::files {

/// Holds as long as `name`, a path beneath `root`, leads to what it led to `before` (nothing: to nothing at
/// all) and still does so beneath the root. `before` has got a strong tag, so no write(2) can have left it as
/// it was (validators.h). `root` outlives the result.
[[nodiscard]] std::shared_ptr<http::Revalidator> file_witness(const os::Fd& root, std::string name,
                                                              std::optional<os::FileStatus> before);

}  // namespace bobbin::files

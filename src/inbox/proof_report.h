#pragma once

#include <string>

#include "inbox/proof.h"

namespace bobbin::inbox {

/// What was proved, what the figures mean, and how to try a power cut.
[[nodiscard]] std::string as_text(const Proof& proof);
/// The same for programs: one JSON object.
[[nodiscard]] std::string as_json(const Proof& proof);

/// What a comparison with a list has shown. `path`: the folder.
[[nodiscard]] std::string as_text(const Kept& kept, const std::string& path);
[[nodiscard]] std::string as_json(const Kept& kept);

}  // namespace bobbin::inbox

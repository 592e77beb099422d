#pragma once

#include <string>

#include "inbox/verification.h"

namespace bobbin::inbox {

/// A report for people: a summary, and then what is wrong. So many places of each kind are shown.
inline constexpr std::size_t kMostShown = 20;
[[nodiscard]] std::string as_text(const Verification& result);
/// The same for programs, with every record: one JSON object.
[[nodiscard]] std::string as_json(const Verification& result);

}  // namespace bobbin::inbox

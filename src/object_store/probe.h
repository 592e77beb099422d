#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "object_store/location.h"
#include "object_store/objects.h"

namespace bobbin::object_store {

/// The object that proves it, behind the prefix.
inline constexpr std::string_view kProbeName = ".bobbin-probe";

/// Whether the store does what has to be relied on: it replaces nothing that is put with `If-None-Match: *`,
/// and shows what it has. Otherwise: what it does instead, as a sentence; empty: nothing. An object
/// `.bobbin-probe` behind the prefix is put twice and read back; it stays there.
[[nodiscard]] Result<std::string, Trouble> fault_of_store(Objects& objects, const Location& location);

}  // namespace bobbin::object_store

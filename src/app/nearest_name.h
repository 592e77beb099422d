#pragma once

#include <span>
#include <string>
#include <string_view>

namespace bobbin::app {

/// The candidate that the operator probably meant by `name`: at most one slip (a letter more, less or other,
/// or two neighbours swapped) for every three letters. Empty when none is that near.
[[nodiscard]] std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

}  // namespace bobbin::app

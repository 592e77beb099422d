#include "files/hidden_names.h"

#include <algorithm>

namespace bobbin::files {

bool HiddenNames::includes(std::string_view name) const {
  if (name.starts_with(kOwnStart)) return false;
  return std::ranges::any_of(included_, [name](const auto& pattern) { return pattern.matches(name); });
}

bool HiddenNames::hides_any_name(std::string_view path) const {
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view name = path.substr(0, path.find('/'));
    if (hides_name(name)) return true;
    path.remove_prefix(name.size());
  }
  return false;
}

}  // namespace bobbin::files

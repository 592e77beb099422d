#pragma once

#include <string>
#include <string_view>

namespace bobbin::listing {

/// The text of a folder's README, or its beginning.
struct Readme {
  std::string_view name;  ///< a literal
  std::string text;
  bool is_whole = true;
};

}  // namespace bobbin::listing

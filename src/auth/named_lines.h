#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bobbin::auth {

/// A line "name:value" of a file of secrets.
struct NamedLine {
  std::size_t number;  ///< from 1
  std::string_view name;
  std::string_view value;
};

/// The lines of such a file, without empty ones and those that begin with '#'. Views into `text`. A name has
/// 1 to 255 bytes, none of which is a control character, and occurs once. The error is the end of a sentence,
/// such as "line 3 has no colon": it tells nothing of a value.
[[nodiscard]] Result<std::vector<NamedLine>, std::string> named_lines(std::string_view text);

}  // namespace bobbin::auth

#pragma once

#include <string>

#include "explain/exchange.h"

namespace bobbin::explain {

/// For a person: a line for each decision, and the head of the response. Ends in a newline.
[[nodiscard]] std::string as_text(const Explanation& explanation);

/// For a program: an object with `decisions` (`about`, `text`), `status` (null: it depends on the content)
/// and `fields` (`name`, `value`), each an array in order. Ends in a newline. A byte that is no UTF-8
/// is the character of the same number, as in the log.
[[nodiscard]] std::string as_json(const Explanation& explanation);

}  // namespace bobbin::explain

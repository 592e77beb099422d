#pragma once

#include <boost/json/error.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace bobbin::json {

/// Where the first byte is that is not UTF-8; the size of `text` when there is none.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view text);

/// What is wrong in a text that the parser gave up on, for a person.
struct Explanation {
  std::string reason;
  std::size_t position = 0;
};

/// `text` is what the parser was last given, `position` where in it the parser stopped, before the end.
/// `code` is its error; none when the value was complete.
[[nodiscard]] Explanation explain(std::string_view text, std::size_t position, boost::json::error_code code);

/// The same for a text that ends too early, at the end of `text`.
[[nodiscard]] Explanation explain_end(std::string_view text);

}  // namespace bobbin::json

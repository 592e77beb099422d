#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bobbin::fuzz {

/// One response as a strict client reads it.
struct StrictResponse {
  int status = 0;
  bool keeps_connection = false;  ///< what its Connection field says; a 1xx has none and keeps it
  std::string content;            ///< without its transfer coding
  std::size_t size_bytes = 0;     ///< of all of it
};

/// Reads the response at the front of `text` (RFC 9112 §4–§6); nothing when it is cut short. Anything that is
/// not well formed, or not as CONTRACT §2 and §4 promise, ends the program. `to_head`: it answers a HEAD
/// request.
[[nodiscard]] std::optional<StrictResponse> read_response(std::string_view text, bool to_head);

}  // namespace bobbin::fuzz

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/sha256.h"

namespace bobbin::inbox {

/// A document that was acknowledged. As a line it is one of sha256sum(1):
/// "SHA-256, two blanks, .bobbin-prove-XXXXXXXX/NAME".
struct Acknowledged {
  std::string folder;  ///< the scratch folder, without a path
  std::string name;    ///< of the document in it
  crypto::Digest digest{};
  friend bool operator==(const Acknowledged&, const Acknowledged&) = default;
};

[[nodiscard]] std::string line_of(const Acknowledged& document);
/// Nothing: the line, which is without its line feed, is something else.
[[nodiscard]] std::optional<Acknowledged> acknowledged_in(std::string_view line);
/// Reads many lines. What stands behind the last line feed was cut off, and is left out. The error is a
/// message about a line that is something else.
[[nodiscard]] Result<std::vector<Acknowledged>, std::string> all_acknowledged_in(std::string_view text);

/// `.bobbin-prove-XXXXXXXX`, which nobody can guess. Never served, since it begins with a dot.
[[nodiscard]] std::string scratch_name();
[[nodiscard]] bool is_scratch_name(std::string_view name);

}  // namespace bobbin::inbox

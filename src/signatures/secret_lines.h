#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bobbin::signatures {

/// A line of a file of secrets.
struct SecretLine {
  std::size_t number;  ///< from 1
  std::string_view text;
};

inline constexpr std::size_t kMostSecrets = 4;
inline constexpr std::size_t kLongestSecret = 1024;  ///< of its line, in bytes

/// The secrets of such a file, the newest first: a line for each, without empty lines and those that begin
/// with
/// '#'. Views into `text`. There are one to kMostSecrets, all different, none with white space at its ends.
/// The error is the end of a sentence, such as "line 3 holds the secret of line 1": it tells nothing of a
/// secret.
[[nodiscard]] Result<std::vector<SecretLine>, std::string> secret_lines(std::string_view text);

}  // namespace bobbin::signatures

#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

namespace bobbin::auth {

/// Users and the hashes of their passwords, from a text as htpasswd(1) writes it: "name:hash", a line for
/// each. Immutable.
class PasswordFile {
 public:
  /// The error is the end of a sentence, such as "line 3 holds no hash that is allowed: …". It tells nothing
  /// of a hash.
  [[nodiscard]] static Result<PasswordFile, std::string> parse(std::string_view text);

  struct User {
    std::string name;
    std::string hash;
  };
  /// Null: there is none of this name. Lives as long as this.
  [[nodiscard]] const User* find(std::string_view name) const;
  /// A hash that is verified in place of that of a user who does not exist, so that the time does not tell
  /// who exists.
  [[nodiscard]] const std::string& decoy() const { return users_.begin()->second.hash; }

 private:
  std::unordered_map<std::string, User> users_;  // by name; never empty
};

}  // namespace bobbin::auth

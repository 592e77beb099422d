#include "auth/password_file.h"

#include <fmt/format.h>
#include <utility>

#include "auth/named_lines.h"
#include "auth/password_hash.h"

namespace bobbin::auth {

Result<PasswordFile, std::string> PasswordFile::parse(std::string_view text) {
  PasswordFile file;
  for (const NamedLine& line : TRY(named_lines(text))) {
    User user{.name = std::string(line.name), .hash = std::string(line.value)};
    if (!is_password_hash(user.hash))
      return failure(
          fmt::format("line {} holds no hash that is allowed: bcrypt, yescrypt or sha-crypt are, as "
                      "htpasswd -B and mkpasswd make them",
                      line.number));
    file.users_.emplace(user.name, std::move(user));
  }
  if (file.users_.empty()) return failure(std::string("it names no user"));
  return file;
}

const PasswordFile::User* PasswordFile::find(std::string_view name) const {
  const auto found = users_.find(std::string(name));
  return found == users_.end() ? nullptr : &found->second;
}

}  // namespace bobbin::auth

#include "auth/token_file.h"

#include <algorithm>
#include <fmt/format.h>

#include "auth/named_lines.h"

namespace bobbin::auth {

Result<TokenFile, std::string> TokenFile::parse(std::string_view text) {
  TokenFile file;
  for (const NamedLine& line : TRY(named_lines(text))) {
    const auto digest = crypto::digest_from_hex(line.value);
    if (!digest)
      return failure(
          fmt::format("line {} holds no SHA-256 of 64 hexadecimal digits, as printf %s TOKEN | "
                      "sha256sum makes it",
                      line.number));
    if (std::ranges::find(file.entries_, *digest, &Entry::digest) != file.entries_.end())
      return failure(fmt::format("line {} holds a digest that another line holds too", line.number));
    file.entries_.push_back({.name = std::string(line.name), .digest = *digest});
  }
  if (file.entries_.empty()) return failure(std::string("it names no token"));
  return file;
}

const std::string* TokenFile::find(std::string_view token) const {
  const crypto::Digest digest = crypto::sha256(token);
  const std::string* found = nullptr;
  for (const Entry& entry : entries_)
    if (crypto::is_same_secret(entry.digest, digest)) found = &entry.name;
  return found;
}

}  // namespace bobbin::auth

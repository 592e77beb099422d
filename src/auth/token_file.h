#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/sha256.h"

namespace bobbin::auth {

/// The tokens that are accepted, from a text with a line "name:digest" for each; the digest is the SHA-256 of
/// the token in hexadecimal digits. A token is long and random, so its digest need not be slow. Immutable.
class TokenFile {
 public:
  /// The error is the end of a sentence. It tells nothing of a digest.
  [[nodiscard]] static Result<TokenFile, std::string> parse(std::string_view text);

  /// The name of the token; null: it is not accepted. Lives as long as this. All entries are compared, each
  /// in constant time, so that the time tells nothing.
  [[nodiscard]] const std::string* find(std::string_view token) const;

 private:
  struct Entry {
    std::string name;
    crypto::Digest digest;
  };
  std::vector<Entry> entries_;  // never empty
};

}  // namespace bobbin::auth

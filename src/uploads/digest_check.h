#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "crypto/sha256.h"
#include "crypto/sha512.h"
#include "http/content_digests.h"

namespace bobbin::uploads {

/// Compares a content, as it comes, with the digests that its request names. Thread: one at a time.
class DigestCheck {
 public:
  explicit DigestCheck(std::vector<http::ContentDigest> named);

  /// The next piece, decoded from its transfer coding alone.
  void add(Bytes piece);
  /// After all of it: a digest that is not that of the content. Nothing may be added afterwards.
  [[nodiscard]] std::optional<http::ContentDigest> mismatch();

 private:
  std::vector<http::ContentDigest> named_;
  std::optional<crypto::Sha256> sha256_;  // when somebody has named one
  std::optional<crypto::Sha512> sha512_;
};

}  // namespace bobbin::uploads

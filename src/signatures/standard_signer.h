#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hmac.h"

namespace bobbin::signatures {

/// Signs requests as a sender of Standard Webhooks does, with HMAC-SHA256: what a Scheme `standard` with one
/// of the same secrets takes. Immutable. Thread: any.
class StandardSigner {
 public:
  /// `secrets`: the text of a file of secrets, as for a Scheme (secret_lines.h), all of them `whsec_`. The
  /// error is the end of a sentence, such as "line 2 must begin with whsec_", and tells nothing of a secret.
  [[nodiscard]] static Result<StandardSigner, std::string> make(std::string_view secrets);
  StandardSigner(StandardSigner&&) = default;
  StandardSigner& operator=(StandardSigner&&) = default;
  ~StandardSigner() = default;

  /// The value of `webhook-signature` for a message: a signature with each secret, in the order of the file,
  /// with blanks between them. `id` has no full stop. `timestamp`: seconds since 1970.
  [[nodiscard]] std::string sign(std::string_view id, std::int64_t timestamp, Bytes content) const;

 private:
  explicit StandardSigner(std::vector<crypto::HmacKey> keys) : keys_(std::move(keys)) {}
  std::vector<crypto::HmacKey> keys_;  // one to kMostSecrets
};

}  // namespace bobbin::signatures

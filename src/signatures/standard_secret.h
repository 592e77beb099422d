#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "signatures/definition.h"
#include "signatures/secret_lines.h"

// For this room only.
namespace bobbin::signatures {

/// A `whsec_` secret of fewer bytes is refused. Standard Webhooks gives it 24 to 64.
inline constexpr std::size_t kShortestStandardSecret = 24;

/// The secret of Standard Webhooks that stands in this line: `whsec_` and base64 for HMAC, or `whpk_` and the
/// public key of Ed25519. The error is the end of a sentence, such as "line 2 must begin with whsec_", and
/// tells nothing of a secret.
[[nodiscard]] Result<Secret, std::string> standard_secret(const SecretLine& line);

}  // namespace bobbin::signatures

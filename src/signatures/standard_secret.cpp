#include "signatures/standard_secret.h"

#include <fmt/format.h>
#include <string_view>
#include <utility>

#include "base/base64.h"

namespace bobbin::signatures {
namespace {

Result<Secret, std::string> symmetric_standard_secret(const SecretLine& line, std::string_view encoded) {
  const auto key = decode_base64(encoded);
  if (!key)
    return failure(fmt::format("line {} holds a secret that has no base64, with its padding, behind whsec_",
                               line.number));
  if (key->size() < kShortestStandardSecret)
    return failure(
        fmt::format("line {} holds a key of {} bytes behind whsec_; Standard Webhooks wants 24 to 64",
                    line.number, key->size()));
  return Secret(crypto::HmacKey(crypto::HashFunction::sha256, as_bytes(*key)));
}

Result<Secret, std::string> asymmetric_standard_secret(const SecretLine& line, std::string_view encoded) {
  const auto bytes = decode_base64(encoded);
  auto key = bytes ? crypto::Ed25519PublicKey::from_bytes(as_bytes(*bytes)) : std::nullopt;
  if (!key)
    return failure(fmt::format(
        "line {} holds no public key of Ed25519 behind whpk_, which is 32 bytes in base64", line.number));
  return Secret(*std::move(key));
}

}  // namespace

Result<Secret, std::string> standard_secret(const SecretLine& line) {
  constexpr std::string_view kSymmetric = "whsec_";
  constexpr std::string_view kAsymmetric = "whpk_";
  if (line.text.starts_with(kSymmetric))
    return symmetric_standard_secret(line, line.text.substr(kSymmetric.size()));
  if (line.text.starts_with(kAsymmetric))
    return asymmetric_standard_secret(line, line.text.substr(kAsymmetric.size()));
  if (line.text.starts_with("whsk_"))
    return failure(
        fmt::format("line {} holds a private key (whsk_), which nobody but the sender may have; "
                    "the public key begins with whpk_",
                    line.number));
  return failure(fmt::format("line {} must begin with whsec_, or with whpk_ for a public key", line.number));
}

}  // namespace bobbin::signatures

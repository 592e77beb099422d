#include "signatures/standard_signer.h"

#include <fmt/format.h>
#include <variant>

#include "base/base64.h"
#include "signatures/standard_secret.h"

namespace bobbin::signatures {

Result<StandardSigner, std::string> StandardSigner::make(std::string_view secrets) {
  std::vector<crypto::HmacKey> keys;
  for (const SecretLine& line : TRY(secret_lines(secrets))) {
    if (!line.text.starts_with("whsec_"))
      return failure(
          fmt::format("line {} must begin with whsec_: requests are signed with HMAC", line.number));
    auto secret = TRY(standard_secret(line));
    keys.push_back(std::move(std::get<crypto::HmacKey>(secret)));
  }
  return StandardSigner(std::move(keys));
}

std::string StandardSigner::sign(std::string_view id, std::int64_t timestamp, Bytes content) const {
  const std::string front = fmt::format("{}.{}.", id, timestamp);
  std::string signatures;
  for (const crypto::HmacKey& key : keys_) {
    const crypto::Mac mac = key.begin().add(front).add(content).finish();
    fmt::format_to(std::back_inserter(signatures), "{}v1,{}", signatures.empty() ? "" : " ",
                   encode_base64(as_text(mac.bytes())));
  }
  return signatures;
}

}  // namespace bobbin::signatures

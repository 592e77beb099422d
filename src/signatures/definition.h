#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "crypto/ed25519.h"
#include "crypto/hmac.h"
#include "crypto/sha256.h"
#include "signatures/encoding.h"
#include "signatures/signed_bytes.h"

// What a scheme consists of once it has been configured. For this room only.
namespace bobbin::signatures {

/// The senders whose schemes are known, and `hmac` for one that the operator describes.
enum class SchemeName : std::uint8_t { standard, github, stripe, slack, shopify, gitlab, hmac };

/// How the field of the signatures is written.
enum class Form : std::uint8_t {
  single,      ///< a prefix and one signature
  versions,    ///< of Standard Webhooks: v1,BASE64 v1a,BASE64
  parameters,  ///< of Stripe: t=SECONDS,v1=HEX,v1=HEX
  token,       ///< the secret itself
};

/// The fields of a request that a scheme reads, in lower case. Empty: it has none of this kind.
struct FieldNames {
  std::string signature;
  std::string timestamp = {};
  std::string id = {};
};

/// A token is kept as its digest, so that tokens of any length are compared in the same time.
using Secret = std::variant<crypto::HmacKey, crypto::Ed25519PublicKey, crypto::Digest>;

struct Definition {
  SchemeName name;
  Form form;
  /// The spellings of the scheme's fields. A request uses the first whose signature it has.
  std::vector<FieldNames> spellings;
  std::string prefix = {};  ///< for Form::single
  Encoding encoding = Encoding::hex;
  crypto::HashFunction function = crypto::HashFunction::sha256;
  SignedBytes signed_bytes;
  seconds tolerance{};               ///< to both sides, where there is a timestamp
  std::size_t most_kept_bytes = 0;   ///< of the content of a request
  std::vector<Secret> secrets = {};  ///< the newest first; one to four

  template <typename Kind>
  [[nodiscard]] bool has_secret_of() const {
    return std::ranges::any_of(secrets,
                               [](const Secret& secret) { return std::holds_alternative<Kind>(secret); });
  }
};

}  // namespace bobbin::signatures

#include "crypto/ed25519.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/assert.h"

namespace bobbin::crypto {
namespace {

struct FreeDigestContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

void Ed25519PublicKey::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

std::optional<Ed25519PublicKey> Ed25519PublicKey::from_bytes(Bytes key) {
  if (key.size() != kKeyBytes) return std::nullopt;
  Ed25519PublicKey made(EVP_PKEY_new_raw_public_key(
      EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(key.data()), key.size()));
  ASSERT(made.key_ != nullptr);
  return made;
}

bool Ed25519PublicKey::verifies(Bytes message, Bytes signature) const {
  if (signature.size() != kSignatureBytes) return false;
  const std::unique_ptr<EVP_MD_CTX, FreeDigestContext> context(EVP_MD_CTX_new());
  const bool has_begun =
      context != nullptr && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1;
  ASSERT(has_begun);
  const bool is_signed =
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(), reinterpret_cast<const unsigned char*>(message.data()),
                       message.size()) == 1;
  // What is wrong with a signature is written into the queue of this thread, where TLS would find it.
  if (!is_signed) ERR_clear_error();
  return is_signed;
}

}  // namespace bobbin::crypto

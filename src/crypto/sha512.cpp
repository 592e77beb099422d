#include "crypto/sha512.h"

#include <openssl/evp.h>

#include "base/assert.h"

namespace bobbin::crypto {
namespace {

/// Found once: to look an algorithm up costs more than the digest of a small text.
const EVP_MD* sha512_algorithm() {
  static const EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA512", nullptr);
  ASSERT(found != nullptr);
  return found;
}

}  // namespace

void Sha512::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha512::Sha512() : context_(EVP_MD_CTX_new()) {
  const bool has_begun =
      context_ != nullptr && EVP_DigestInit_ex2(context_.get(), sha512_algorithm(), nullptr) == 1;
  ASSERT(has_begun);
}

Sha512& Sha512::add(Bytes bytes) {
  const bool is_added = EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
  ASSERT(is_added);
  return *this;
}

Sha512::Digest Sha512::finish() {
  Digest digest;
  const bool is_finished =
      EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr) == 1;
  ASSERT(is_finished);
  return digest;
}

}  // namespace bobbin::crypto

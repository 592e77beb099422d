#include "crypto/hmac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/assert.h"

namespace bobbin::crypto {
namespace {

/// Found once: to look an algorithm up costs more than the code of a small text.
EVP_MAC* hmac_algorithm() {
  static EVP_MAC* const found = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  ASSERT(found != nullptr);
  return found;
}

const char* name_of(HashFunction function) {
  switch (function) {
    case HashFunction::sha1: return "SHA1";
    case HashFunction::sha256: return "SHA256";
    case HashFunction::sha512: return "SHA512";
  }
  return "";
}

}  // namespace

void FreeMacContext::operator()(evp_mac_ctx_st* context) const { EVP_MAC_CTX_free(context); }

Hmac& Hmac::add(Bytes bytes) {
  const bool is_added =
      EVP_MAC_update(context_.get(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) == 1;
  ASSERT(is_added);
  return *this;
}

Mac Hmac::finish() {
  Mac mac;
  const bool is_finished = EVP_MAC_final(context_.get(), reinterpret_cast<unsigned char*>(mac.bytes_.data()),
                                         &mac.size_, mac.bytes_.size()) == 1;
  ASSERT(is_finished);
  return mac;
}

HmacKey::HmacKey(HashFunction function, Bytes key)
    : function_(function), context_(EVP_MAC_CTX_new(hmac_algorithm())) {
  ASSERT(!key.empty());
  // The parameter is not written to, but OpenSSL has no type for a constant one.
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(name_of(function)), 0),
      OSSL_PARAM_construct_end()};
  const bool has_begun =
      context_ != nullptr && EVP_MAC_init(context_.get(), reinterpret_cast<const unsigned char*>(key.data()),
                                          key.size(), parameters) == 1;
  ASSERT(has_begun);
}

Hmac HmacKey::begin() const {
  Hmac hmac(EVP_MAC_CTX_dup(context_.get()));
  ASSERT(hmac.context_ != nullptr);
  return hmac;
}

}  // namespace bobbin::crypto

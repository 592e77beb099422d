#include "crypto/sha256.h"

#include <array>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/ascii.h"
#include "base/assert.h"

namespace bobbin::crypto {
namespace {

/// Found once: to look an algorithm up costs more than the digest of a small text.
const EVP_MD* digest_algorithm() {
  static const EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  ASSERT(found != nullptr);
  return found;
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  const bool has_begun =
      context_ != nullptr && EVP_DigestInit_ex2(context_.get(), digest_algorithm(), nullptr) == 1;
  ASSERT(has_begun);
}
Sha256::Sha256(const Sha256& other) : context_(EVP_MD_CTX_new()) {
  const bool is_copied = context_ != nullptr && EVP_MD_CTX_copy_ex(context_.get(), other.context_.get()) == 1;
  ASSERT(is_copied);
}
Sha256::~Sha256() = default;

Sha256& Sha256::add(Bytes bytes) {
  const bool is_added = EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
  ASSERT(is_added);
  return *this;
}

Digest Sha256::finish() {
  Digest digest;
  const bool is_finished =
      EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr) == 1;
  ASSERT(is_finished);
  return digest;
}

std::string hex_of(const Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, 2 * sizeof digest> text;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    text[2 * i] = kDigits[std::to_integer<std::size_t>(digest[i] >> 4)];
    text[2 * i + 1] = kDigits[std::to_integer<std::size_t>(digest[i] & std::byte{0xF})];
  }
  return {text.begin(), text.end()};
}

std::optional<Digest> digest_from_hex(std::string_view text) {
  Digest digest;
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<std::byte>(high << 4 | low);
  }
  return digest;
}

bool is_same_secret(Bytes one, Bytes other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace bobbin::crypto

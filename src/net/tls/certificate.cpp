#include "net/tls/certificate.h"

#include <array>
#include <ctime>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <utility>

#include "net/tls/openssl.h"

namespace bobbin::net::tls {
namespace {

constexpr auto kSelfSignedFor = std::chrono::days(90);

BioPointer reader_of(const std::string& text) {
  return BioPointer(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// Refuses to ask anybody for a password: a server starts without a person beside it.
int no_password(char*, int, int, void*) { return -1; }

WallTime time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

std::string hexadecimal(const unsigned char* bytes, std::size_t count) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

}  // namespace

std::string fingerprint_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
  return hexadecimal(digest.data(), size);
}

std::string subject_of(const X509* certificate) {
  const BioPointer text(BIO_new(BIO_s_mem()));
  if (X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) < 0) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

struct Certificate::Parts {
  CertificatePointer leaf;
  std::vector<CertificatePointer> chain;
  KeyPointer key;
};

namespace {

/// "localhost" and addresses, as subjectAltName wants them (RFC 5280 §4.2.1.6).
std::string names_of(const std::vector<Endpoint>& addresses) {
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  for (const Endpoint& address : addresses)
    if (!address.is_wildcard() && !address.is_loopback()) names += ",IP:" + address.address_text();
  return names;
}

[[nodiscard]] bool add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  const bool is_added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return is_added;
}

[[nodiscard]] bool set_serial(X509* certificate) {
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1;
}

[[nodiscard]] bool fill_self_signed(X509* certificate, EVP_PKEY* key, const std::vector<Endpoint>& addresses,
                                    WallTime now) {
  std::time_t from = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(now - std::chrono::hours(1)));
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* text = reinterpret_cast<const unsigned char*>("bobbin, self-signed");
  const long days = std::chrono::days(kSelfSignedFor).count();
  return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
         X509_time_adj_ex(X509_getm_notBefore(certificate), 0, 0, &from) != nullptr &&
         X509_time_adj_ex(X509_getm_notAfter(certificate), static_cast<int>(days), 0, &from) != nullptr &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
         add_extension(certificate, NID_subject_alt_name, names_of(addresses)) &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

}  // namespace

Certificate::Certificate(std::unique_ptr<Parts> parts)
    : parts_(std::move(parts)),
      not_before_(time_of(X509_get0_notBefore(parts_->leaf.get()))),
      not_after_(time_of(X509_get0_notAfter(parts_->leaf.get()))),
      key_type_(EVP_PKEY_get0_type_name(parts_->key.get())),
      fingerprint_(fingerprint_of(parts_->leaf.get())) {}

Certificate::~Certificate() = default;

Result<std::shared_ptr<const Certificate>, std::string> Certificate::parse(const std::string& certificate,
                                                                           const std::string& key) {
  ERR_clear_error();
  auto parts = std::make_unique<Parts>();
  const BioPointer certificates = reader_of(certificate);
  parts->leaf.reset(PEM_read_bio_X509(certificates.get(), nullptr, no_password, nullptr));
  if (!parts->leaf) return failure("the certificate: " + reason_of("PEM_read_bio_X509"));
  while (CertificatePointer next{PEM_read_bio_X509(certificates.get(), nullptr, no_password, nullptr)})
    parts->chain.push_back(std::move(next));
  const bool is_at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!is_at_end) return failure("the chain behind the certificate: " + reason_of("PEM_read_bio_X509"));
  ERR_clear_error();
  parts->key.reset(PEM_read_bio_PrivateKey(reader_of(key).get(), nullptr, no_password, nullptr));
  if (!parts->key)
    return failure("the key (a PEM file without a password is needed): " +
                   reason_of("PEM_read_bio_PrivateKey"));
  if (X509_check_private_key(parts->leaf.get(), parts->key.get()) != 1)
    return failure("the key does not belong to the certificate: " + reason_of("X509_check_private_key"));
  return std::shared_ptr<const Certificate>(new Certificate(std::move(parts)));
}

Result<std::shared_ptr<const Certificate>, std::string> Certificate::self_signed(
    const std::vector<Endpoint>& addresses, WallTime now) {
  ERR_clear_error();
  auto parts = std::make_unique<Parts>();
  parts->key.reset(EVP_EC_gen("P-256"));
  if (!parts->key) return failure(reason_of("EVP_EC_gen"));
  parts->leaf.reset(X509_new());
  if (!parts->leaf || !fill_self_signed(parts->leaf.get(), parts->key.get(), addresses, now))
    return failure(reason_of("X509_sign"));
  return std::shared_ptr<const Certificate>(new Certificate(std::move(parts)));
}

Result<void, std::string> Certificate::install(ssl_ctx_st* context) const {
  ERR_clear_error();
  STACK_OF(X509)* chain = sk_X509_new_null();
  if (chain == nullptr) return failure(reason_of("sk_X509_new_null"));
  bool is_complete = true;
  for (const CertificatePointer& each : parts_->chain)
    is_complete = is_complete && sk_X509_push(chain, each.get()) > 0;
  const int done =
      is_complete ? SSL_CTX_use_cert_and_key(context, parts_->leaf.get(), parts_->key.get(), chain, 0) : 0;
  sk_X509_free(chain);
  if (done != 1) return failure(reason_of("SSL_CTX_use_cert_and_key"));
  return {};
}

}  // namespace bobbin::net::tls

#pragma once

#include <array>
#include <memory>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string>

#include "net/tls/openssl.h"

namespace bobbin::net::tls {

/// For tests: a key and a certificate that it has signed itself, in PEM.
struct TestPair {
  std::string certificate;
  std::string key;
};

struct TestPairSettings {
  std::string name = "test.example";
  int rsa_bits = 0;  ///< 0: P-256
  long seconds_until_expiry = 3600;
  const TestPair* issuer = nullptr;  ///< signs it in its place
};

inline KeyPointer read_test_key(const std::string& pem) {
  const BioPointer bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return KeyPointer(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}
inline CertificatePointer read_test_certificate(const std::string& pem) {
  const BioPointer bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return CertificatePointer(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

inline std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

inline TestPair make_test_pair(const TestPairSettings& settings) {
  const KeyPointer key(settings.rsa_bits > 0 ? EVP_RSA_gen(static_cast<unsigned>(settings.rsa_bits))
                                             : EVP_EC_gen("P-256"));
  const CertificatePointer certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), settings.seconds_until_expiry);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(settings.name.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate.get(), key.get());
  if (settings.issuer != nullptr) {
    const CertificatePointer issuer = read_test_certificate(settings.issuer->certificate);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get()));
    X509_sign(certificate.get(), read_test_key(settings.issuer->key).get(), EVP_sha256());
  } else {
    X509_EXTENSION* authority =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
    X509_add_ext(certificate.get(), authority, -1);
    X509_EXTENSION_free(authority);
    X509_set_issuer_name(certificate.get(), name);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
  }
  const BioPointer certificate_bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(certificate_bio.get(), certificate.get());
  const BioPointer key_bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(key_bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {text_of(certificate_bio.get()), text_of(key_bio.get())};
}

/// One for all tests that do not care.
inline const TestPair& test_pair() {
  static const TestPair pair = make_test_pair({});
  return pair;
}

}  // namespace bobbin::net::tls

#pragma once

#include <memory>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string>

// For the files of this folder only: nobody else sees a header of OpenSSL.
namespace bobbin::net::tls {

template <auto Free>
struct Freeing {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BioPointer = std::unique_ptr<BIO, Freeing<BIO_free>>;
using CertificatePointer = std::unique_ptr<X509, Freeing<X509_free>>;
using ContextPointer = std::unique_ptr<SSL_CTX, Freeing<SSL_CTX_free>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY_free>>;

/// OpenSSL's reason for the error that its last call has left, such as "no start line", and forgets all
/// errors of this thread. The words are OpenSSL's own and live for ever.
[[nodiscard]] inline const char* take_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "no reason is given" : reason;
}

/// The same behind the name of the call that has failed: "PEM_read_bio_X509: no start line".
[[nodiscard]] inline std::string reason_of(const char* call) {
  return std::string(call) + ": " + take_reason();
}

}  // namespace bobbin::net::tls

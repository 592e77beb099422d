#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "net/tls/certificate.h"
#include "net/tls/ticket_keys.h"

struct ssl_st;
struct ssl_ctx_st;

namespace bobbin::net::tls {

/// Which versions, ciphers and groups are offered: Mozilla's recommendations of these names
/// (https://wiki.mozilla.org/Security/Server_Side_TLS).
enum class Policy : std::uint8_t {
  intermediate,  ///< TLS 1.3 and 1.2, with forward secrecy and authenticated encryption only
  modern,        ///< TLS 1.3 only
};

/// Certificates for some names. A name is in lowercase and without a port; "*.example.org" stands for every
/// name that ends so.
struct NamedCertificates {
  std::vector<std::string> names;
  std::vector<std::shared_ptr<const Certificate>> certificates;
};

/// Whether clients are asked for certificates.
enum class ClientCertificates : std::uint8_t { none, optional, required };

struct ContextSettings {
  Policy policy = Policy::intermediate;
  /// For clients that ask for no name, or for one that none of `named` has. At most one of each kind of key;
  /// when there are none, those of the first of `named`.
  std::vector<std::shared_ptr<const Certificate>> certificates;
  std::vector<NamedCertificates> named;
  /// The protocols that are offered with ALPN (RFC 7301), the preferred one first.
  std::vector<std::string> protocols{"http/1.1"};
  /// For session tickets; when it is null, OpenSSL makes a key for this context alone.
  std::shared_ptr<const TicketKeys> ticket_keys;
  ClientCertificates client_certificates = ClientCertificates::none;
  /// In PEM, the certificates of those who issue certificates to clients.
  std::string client_issuers;
};

/// Everything that new connections of a listener need for TLS. Immutable. Thread: any.
class Context {
 public:
  /// There is at least one certificate. The error is OpenSSL's reason, behind the call that has failed.
  [[nodiscard]] static Result<std::shared_ptr<const Context>, std::string> create(
      const ContextSettings& settings);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  /// The server's side of a new connection; null when memory is short. The caller frees it, and keeps this
  /// context until then.
  [[nodiscard]] ssl_st* new_connection() const;

 private:
  explicit Context(const ContextSettings& settings);
  struct Parts;
  struct Callbacks;
  [[nodiscard]] Result<void, std::string> add(
      const ContextSettings& settings, const std::vector<std::shared_ptr<const Certificate>>& certificates);
  /// The one whose certificates are for this name; the first one where there is none.
  [[nodiscard]] ssl_ctx_st* context_for(std::string_view name) const;

  std::unique_ptr<Parts> parts_;
};

/// The context that new connections of a listener get; it can be replaced while the server runs. Connections
/// keep the one with which they began. Thread: any.
class CurrentContext {
 public:
  explicit CurrentContext(std::shared_ptr<const Context> context) : context_(std::move(context)) {}
  [[nodiscard]] std::shared_ptr<const Context> get() const EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    return context_;
  }
  void replace(std::shared_ptr<const Context> context) EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    context_.swap(context);
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const Context> context_ GUARDED_BY(mutex_);
};

}  // namespace bobbin::net::tls

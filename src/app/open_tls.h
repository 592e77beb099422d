#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/warning.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/tls/certificate.h"
#include "net/tls/context.h"
#include "net/tls/ticket_keys.h"

namespace bobbin::app {

/// Whether this listener speaks HTTPS.
[[nodiscard]] bool is_secured(const ListenerConfig& listener);

/// The files that a configuration names for TLS, as they were at one moment.
class TlsFiles {
 public:
  [[nodiscard]] static TlsFiles read(const Config& config);
  /// Equal as long as no file has changed.
  [[nodiscard]] std::size_t fingerprint() const;
  /// The content of one of them. The error is a sentence that names the option.
  [[nodiscard]] Result<std::string, std::string> text(const char* option, const std::string& file) const;

 private:
  std::map<std::string, Result<std::string>> texts_;
};

/// What a server keeps while the configuration of its TLS changes.
struct TlsIdentity {
  /// For listeners that want one; null when none does.
  std::shared_ptr<const net::tls::Certificate> self_signed;
  std::shared_ptr<net::tls::TicketKeys> ticket_keys = std::make_shared<net::tls::TicketKeys>();
};

/// What a configuration has for TLS, opened.
struct OpenTls {
  /// For each listener of the configuration; null for one without TLS.
  std::vector<std::shared_ptr<const net::tls::Context>> contexts;
  struct Named {
    std::string file;
    std::shared_ptr<const net::tls::Certificate> certificate;
  };
  std::vector<Named> certificates;               ///< each file once
  std::vector<net::tls::TicketKey> ticket_keys;  ///< of the file for them; empty: there is none
  std::size_t fingerprint = 0;                   ///< of the files that were read
};

/// Reads the certificates and keys and judges them; changes nothing of the identity. The error is a sentence
/// for the operator: it names the file, the call and the reason.
[[nodiscard]] Result<OpenTls, std::string> open_tls(const Config& config, const TlsIdentity& identity);

/// Sentences about certificates that are not valid at this moment, or that will expire within 21 days.
[[nodiscard]] std::vector<Warning> validity_warnings(const OpenTls& tls, WallTime now);

/// How many of the moments 21, 7, 1 and 0 days before the end of its validity have passed.
[[nodiscard]] int expiry_level(const net::tls::Certificate& certificate, WallTime now);
/// "The certificate of "x.pem" expires in 3 days, on …"
[[nodiscard]] std::string expiry_sentence(const OpenTls::Named& named, WallTime now);

}  // namespace bobbin::app

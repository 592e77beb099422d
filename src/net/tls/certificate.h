#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/result.h"

struct ssl_ctx_st;
struct x509_st;

namespace bobbin::net::tls {

/// SHA-256 of a certificate, as 64 hexadecimal digits.
[[nodiscard]] std::string fingerprint_of(const x509_st* certificate);
/// Its subject as RFC 4514 writes it, whatever bytes it holds: those beyond ASCII are escaped.
[[nodiscard]] std::string subject_of(const x509_st* certificate);

/// A certificate with the chain that leads to it, and its key. Immutable. Thread: any.
class Certificate {
 public:
  /// Reads both in PEM. `certificate` has the server's own certificate first, and behind it those that
  /// issued it (RFC 8446 §4.4.2). The error names the call and OpenSSL's reason.
  [[nodiscard]] static Result<std::shared_ptr<const Certificate>, std::string> parse(
      const std::string& certificate, const std::string& key);
  /// Makes one that nobody has issued, for development: P-256, valid from an hour before `now` for 90 days,
  /// for localhost, the loopback addresses and `addresses`.
  [[nodiscard]] static Result<std::shared_ptr<const Certificate>, std::string> self_signed(
      const std::vector<Endpoint>& addresses, WallTime now);
  ~Certificate();

  [[nodiscard]] WallTime not_before() const { return not_before_; }
  [[nodiscard]] WallTime not_after() const { return not_after_; }
  /// The kind of its key, "RSA" or "EC": a server can have one certificate of each.
  [[nodiscard]] const std::string& key_type() const { return key_type_; }
  /// SHA-256 of the certificate, as 64 hexadecimal digits.
  [[nodiscard]] const std::string& fingerprint() const { return fingerprint_; }

  /// Puts it into `context` beside those of other kinds. The error says why OpenSSL refuses it: "ee key too
  /// small".
  [[nodiscard]] Result<void, std::string> install(ssl_ctx_st* context) const;

 private:
  struct Parts;
  explicit Certificate(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
  WallTime not_before_;
  WallTime not_after_;
  std::string key_type_;
  std::string fingerprint_;
};

}  // namespace bobbin::net::tls

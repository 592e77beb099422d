#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/filter.h"

namespace bobbin::http::filters {

/// Lets clients in by the certificate that they have shown: 403 for the others (RFC 9110 §15.5.4). Thread:
/// any.
class ClientCertificates final : public Filter {
 public:
  /// What `allowed` may hold besides subjects.
  static constexpr std::string_view kAny = "any";
  static constexpr std::string_view kFingerprint = "sha256:";

  /// `allowed`: subjects as in PeerCertificate, "sha256:" and a fingerprint, or "any" for every certificate
  /// whose issuer the listener accepts.
  explicit ClientCertificates(std::vector<std::string> allowed) : allowed_(std::move(allowed)) {}

  std::optional<Begin> before(const Request& request) const override {
    if (request.certificate == nullptr) {
      request.note("access", {"a certificate is asked for, and none was shown"});
      return refused("Only clients that show a certificate are let in here.");
    }
    if (std::ranges::any_of(allowed_,
                            [&](const std::string& each) { return names(each, *request.certificate); }))
      return std::nullopt;
    Response response = refused("Clients with this certificate are not let in here.");
    response.log_fields.violation = "Client certificate not allowed (" + request.certificate->subject + ")";
    return response;
  }

 private:
  [[nodiscard]] static Response refused(std::string detail) {
    Response response = Response::error(Status::forbidden, std::move(detail));
    response.log_fields.refused = Refused::certificate;
    return response;
  }
  [[nodiscard]] static bool names(std::string_view allowed, const PeerCertificate& certificate) {
    if (allowed == kAny || allowed == certificate.subject) return true;
    return allowed.starts_with(kFingerprint) &&
           allowed.substr(kFingerprint.size()) == certificate.fingerprint;
  }

  std::vector<std::string> allowed_;
};

}  // namespace bobbin::http::filters

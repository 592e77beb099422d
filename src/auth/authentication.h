#pragma once

#include <memory>
#include <optional>
#include <string>

#include "auth/password_checker.h"
#include "auth/token_file.h"
#include "http/filter.h"

namespace bobbin::auth {

/// What proves to an Authentication who asks. A null member: that is no proof.
struct Proofs {
  std::shared_ptr<const PasswordChecker> passwords = nullptr;  ///< the Basic scheme (RFC 7617)
  std::shared_ptr<const TokenFile> tokens = nullptr;           ///< the Bearer scheme (RFC 6750)
};

/// Lets in who proves to be one of the known users, by either proof, and tells who it is. The others are
/// answered 401 with the challenges (RFC 9110 §11.6.1), and 429 or 503 with Retry-After when too many
/// passwords are being verified. Thread: any.
class Authentication final : public http::Filter {
 public:
  /// `realm`: what the user is told to be let into; visible ASCII characters and spaces, without '"' and
  /// '\\'. `exempt`: paths beneath this one are open to everybody; empty: none.
  Authentication(Proofs proofs, const std::string& realm, std::string exempt);

  [[nodiscard]] std::optional<http::Begin> before(const http::Request& request) const override;

 private:
  [[nodiscard]] std::optional<http::Begin> judge(const http::Request& request,
                                                 const http::BasicCredentials& credentials) const;
  [[nodiscard]] std::optional<http::Begin> judge(const http::Request& request,
                                                 const http::BearerToken& credentials) const;
  [[nodiscard]] std::optional<http::Begin> judge(const http::Request& request, http::NoCredentials) const;
  [[nodiscard]] std::optional<http::Begin> judge(const http::Request& request,
                                                 http::MalformedCredentials) const;
  [[nodiscard]] http::Response challenge(std::string detail, bool token_is_wrong = false) const;

  const Proofs proofs_;
  const std::string basic_challenge_;   // empty: passwords are no proof
  const std::string bearer_challenge_;  // empty: tokens are none
  const std::string exempt_;
};

}  // namespace bobbin::auth

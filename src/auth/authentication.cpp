#include "auth/authentication.h"

#include <utility>

#include "http/authorization.h"
#include "http/target.h"

namespace bobbin::auth {
namespace {

http::Response try_again(http::Status status, std::string detail) {
  http::Response response = http::Response::error(status, std::move(detail));
  response.add_field("Retry-After", "1");
  return response;
}

void let_in(const http::Request& request, const std::string& name) {
  request.note("access", {"let in as ", name});
  if (request.user != nullptr) *request.user = name;
}

}  // namespace

Authentication::Authentication(Proofs proofs, const std::string& realm, std::string exempt)
    : proofs_(std::move(proofs)),
      basic_challenge_(proofs_.passwords ? "Basic realm=\"" + realm + "\", charset=\"UTF-8\"" : ""),
      bearer_challenge_(proofs_.tokens ? "Bearer realm=\"" + realm + '"' : ""),
      exempt_(std::move(exempt)) {}

std::optional<http::Begin> Authentication::before(const http::Request& request) const {
  if (!exempt_.empty() && http::is_beneath(request.path, exempt_)) return std::nullopt;
  request.note("access", {"a password or a token is asked for"});
  return std::visit([&](const auto& credentials) { return judge(request, credentials); },
                    http::credentials_of(request.head.fields));
}

std::optional<http::Begin> Authentication::judge(const http::Request& request,
                                                 const http::BasicCredentials& credentials) const {
  using Verdict = PasswordChecker::Verdict;
  if (!proofs_.passwords) return challenge("A password is no proof here, but a token is.");
  switch (proofs_.passwords->check(credentials, request.client, request.resume())) {
    case Verdict::right: let_in(request, credentials.user); return std::nullopt;
    case Verdict::not_known_yet: return http::Undecided{};
    case Verdict::busy:
      return try_again(http::Status::service_unavailable, "Too many passwords are being verified.");
    case Verdict::client_is_busy:
      return try_again(http::Status::too_many_requests, "Too many passwords of yours are being verified.");
    case Verdict::wrong: break;
  }
  http::Response response = challenge("The user name or the password is wrong.");
  response.log_fields.violation = "Wrong user name or password (" + credentials.user + ")";
  return response;
}

std::optional<http::Begin> Authentication::judge(const http::Request& request,
                                                 const http::BearerToken& credentials) const {
  if (!proofs_.tokens) return challenge("A token is no proof here, but a password is.");
  if (const std::string* name = proofs_.tokens->find(credentials.token)) {
    let_in(request, *name);
    return std::nullopt;
  }
  http::Response response = challenge("The token is not accepted here.", true);
  response.log_fields.violation = "Unknown token";
  return response;
}

std::optional<http::Begin> Authentication::judge(const http::Request&, http::NoCredentials) const {
  return challenge("You need to sign in to see this.");
}

std::optional<http::Begin> Authentication::judge(const http::Request&, http::MalformedCredentials) const {
  http::Response response = challenge("The Authorization field cannot be understood.");
  response.log_fields.violation = "Malformed Authorization field";
  return response;
}

http::Response Authentication::challenge(std::string detail, bool token_is_wrong) const {
  http::Response response = http::Response::error(http::Status::unauthorized, std::move(detail));
  if (!basic_challenge_.empty()) response.add_field("WWW-Authenticate", basic_challenge_);
  // RFC 6750 §3.1
  if (!bearer_challenge_.empty())
    response.add_field("WWW-Authenticate",
                       bearer_challenge_ + (token_is_wrong ? ", error=\"invalid_token\"" : ""));
  return response;
}

}  // namespace bobbin::auth

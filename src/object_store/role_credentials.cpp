#include "object_store/role_credentials.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>
#include <variant>
#include <vector>

#include "base/ascii.h"
#include "base/endpoint.h"
#include "http/percent_encoding.h"
#include "http_client/url.h"
#include "object_store/bucket.h"
#include "object_store/role_answers.h"
#include "observe/access_log.h"

namespace bobbin::object_store {
namespace {

using http_client::Answer;
using http_client::Client;
using http_client::ClientSettings;
using Kind = Trouble::Kind;

/// Who is next to this machine answers at once, or is not there.
constexpr milliseconds kInstanceTimeout = seconds(1);
constexpr int kInstanceAttempts = 2;
constexpr milliseconds kContainerTimeout = seconds(2);
constexpr int kContainerAttempts = 2;
constexpr milliseconds kLongestTokenTimeout = seconds(5);

constexpr std::string_view kUnreserved = "-._~";  // RFC 3986 §2.3, besides letters and digits

auto trouble(Kind kind, std::string reason) {
  return failure(Trouble{.kind = kind, .reason = std::move(reason)});
}

/// Somebody who issues credentials, by the name under which messages speak of them.
class Issuer {
 public:
  Issuer(std::string name, Client client, const IsToAbort& is_to_abort)
      : name_(std::move(name)), client_(std::move(client)), is_to_abort_(is_to_abort) {}

  /// The content of an answer 200 to a request for `what`.
  [[nodiscard]] Result<std::string, Trouble> ask(const char* what, const http_client::Request& request) {
    auto outcome = client_.send(request, is_to_abort_);
    if (auto* const answer = std::get_if<Answer>(&outcome)) return content_of(std::move(*answer), what);
    if (const auto* const none = std::get_if<http_client::NoAnswer>(&outcome))
      return trouble(Kind::unavailable,
                     fmt::format("{} does not answer: {}", name_, observe::printable(none->reason)));
    return trouble(Kind::aborted, "the request was broken off");
  }

  /// `problem`: the end of a sentence.
  [[nodiscard]] auto unusable(const std::string& problem) const {
    return trouble(Kind::refused, fmt::format("{} is of no use: {}", name_, problem));
  }

  [[nodiscard]] Result<IssuedCredentials, Trouble> issued(
      Result<IssuedCredentials, std::string> parsed) const {
    if (parsed) return *std::move(parsed);
    return unusable(parsed.error());
  }

  [[nodiscard]] bool has_answered() const { return has_answered_; }

 private:
  [[nodiscard]] Result<std::string, Trouble> content_of(Answer answer, const char* what) {
    has_answered_ = true;
    if (answer.status == 200 && !answer.is_cut) return std::move(answer.content);
    const std::string_view code = error_code_in(answer.content);
    // Amazon's service could not ask who has signed the token.
    const Kind kind =
        code == "IDPCommunicationError" ? Kind::unavailable : kind_of_refusal(answer.status, code);
    return trouble(kind, fmt::format("{} was asked for {}, and has answered {}{}{}", name_, what,
                                     answer.status, code.empty() ? "" : " ", code));
  }

  const std::string name_;
  Client client_;
  const IsToAbort& is_to_abort_;
  bool has_answered_ = false;
};

Result<Client, Trouble> open(const ClientSettings& settings) {
  return Client::open(settings).map_error(
      [](const std::string& message) { return Trouble{.kind = Kind::refused, .reason = message}; });
}

/// Calls `ask` again, at most so many times in all, where what failed may pass by itself.
template <typename Ask>
auto with_attempts(int attempts, const Ask& ask) {
  auto asked = ask();
  while (--attempts > 0 && !asked && asked.error().kind == Kind::unavailable) asked = ask();
  return asked;
}

Result<IssuedCredentials, Trouble> ask_instance(Issuer& service, const std::string& endpoint) {
  const std::string token =
      TRY(service.ask("a token", {.method = "PUT",
                                  .url = endpoint + "/latest/api/token",
                                  .fields = {{"X-aws-ec2-metadata-token-ttl-seconds", "60"}}}));
  const auto is_other = [](char c) { return c <= ' ' || c > '~'; };
  if (token.empty() || std::ranges::any_of(token, is_other))
    return service.unusable("it has answered with something other than a token");
  const auto get = [&](const char* what, const std::string& name) {
    return service.ask(what, {.method = "GET",
                              .url = endpoint + "/latest/meta-data/iam/security-credentials/" + name,
                              .fields = {{"X-aws-ec2-metadata-token", token}}});
  };
  const std::string roles = TRY(get("the role of this machine", ""));
  const std::string_view role = trim(std::string_view(roles).substr(0, roles.find('\n')));
  if (role.empty()) return service.unusable("it knows of no role of this machine");
  const std::string credentials =
      TRY(get("the credentials of the role", http::percent_encode(role, kUnreserved)));
  return service.issued(parse_role_credentials(credentials, wall_now()));
}

/// What stands between the scheme and the path, without the port and the brackets of an address.
std::string_view host_of(std::string_view url) {
  url.remove_prefix(url.find("//") + 2);
  url = url.substr(0, url.find_first_of("/?#"));
  if (url.starts_with('[')) return url.substr(1, url.find(']') - 1);
  return url.substr(0, url.find(':'));
}

}  // namespace

Result<IssuedCredentials, Trouble> credentials_of_instance(const std::string& endpoint,
                                                           const IsToAbort& is_to_abort) {
  Issuer service("the metadata service at " + endpoint,
                 TRY(open({.timeout = kInstanceTimeout, .may_use_proxy = false})), is_to_abort);
  auto issued = with_attempts(kInstanceAttempts, [&] { return ask_instance(service, endpoint); });
  if (!issued && issued.error().kind == Kind::unavailable && !service.has_answered())
    issued.error().kind = Kind::refused;
  return issued;
}

bool may_ask_for_container(std::string_view url) {
  if (http_client::fault_of_url(url)) return false;
  if (equals_ignoring_case(url.substr(0, 8), "https://")) return true;
  const std::string_view host = host_of(url);
  if (equals_ignoring_case(host, "localhost")) return true;
  const auto address = parse_address(host);
  constexpr std::array kServices{"169.254.170.2", "169.254.170.23", "fd00:ec2::23"};
  return address && (address->is_loopback() || std::ranges::any_of(kServices, [&](const char* service) {
                       return address == parse_address(service);
                     }));
}

Result<IssuedCredentials, Trouble> credentials_of_container(const ContainerService& service,
                                                            const IsToAbort& is_to_abort) {
  // The path of a URL may be a secret.
  Issuer issuer(
      fmt::format("the service at {} that issues credentials to this container", host_of(service.url)),
      TRY(open({.timeout = kContainerTimeout, .may_use_proxy = false})), is_to_abort);
  http_client::Request request{.method = "GET", .url = service.url};
  if (!service.authorization.empty()) request.fields.push_back({"Authorization", service.authorization});
  return with_attempts(kContainerAttempts, [&]() -> Result<IssuedCredentials, Trouble> {
    return issuer.issued(parse_role_credentials(TRY(issuer.ask("credentials", request)), wall_now()));
  });
}

Result<IssuedCredentials, Trouble> credentials_of_web_identity(const WebIdentity& identity,
                                                               ClientSettings client,
                                                               const IsToAbort& is_to_abort) {
  client.timeout = std::min(client.timeout, kLongestTokenTimeout);
  const auto encoded = [](std::string_view text) { return http::percent_encode(text, kUnreserved); };
  const std::string content = fmt::format(
      "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}"
      "&WebIdentityToken={}",
      encoded(identity.role), encoded(identity.session), encoded(identity.token));
  Issuer service("the security token service at " + identity.endpoint, TRY(open(client)), is_to_abort);
  const auto answer = TRY(service.ask("the credentials of a role",
                                      {.method = "POST",
                                       .url = identity.endpoint + "/",
                                       .fields = {{"Content-Type", "application/x-www-form-urlencoded"}},
                                       .content = content}));
  return service.issued(parse_assumed_role(answer, wall_now()));
}

}  // namespace bobbin::object_store

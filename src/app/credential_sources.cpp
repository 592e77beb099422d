#include "app/credential_sources.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "app/options.h"
#include "app/variables_of_aws.h"
#include "base/ascii.h"
#include "object_store/credentials.h"
#include "object_store/role_credentials.h"
#include "os/file.h"

namespace bobbin::app {
namespace {

using object_store::IssuedCredentials;
using object_store::IsToAbort;
using object_store::Trouble;

/// Nothing: there is no such source.
using Attempt = Result<std::optional<IssuedCredentials>, Trouble>;

auto no_credentials(std::string reason) {
  return failure(Trouble{.kind = Trouble::Kind::refused, .reason = std::move(reason)});
}

/// What stands in a file that holds one token. `name`: of the variable that names the file.
Result<std::string, Trouble> token_of_file(const char* name, const std::string& file) {
  const auto text = os::read_file(file);
  if (!text)
    return no_credentials(
        fmt::format("{}: {} cannot be read; {}", name, in_quotes(file), text.error().message()));
  std::string_view token = *text;
  while (token.ends_with('\n') || token.ends_with('\r')) token.remove_suffix(1);
  token = trim(token);
  const auto is_other = [](char c) { return c < ' ' || c > '~'; };
  if (token.empty() || std::ranges::any_of(token, is_other))
    return no_credentials(fmt::format("{}: {} holds no token: one line of ASCII", name, in_quotes(file)));
  return std::string(token);
}

Result<std::string, Trouble> service_endpoint(Found endpoint) {
  if (endpoint.value.ends_with('/')) endpoint.value.pop_back();
  if (is_endpoint(endpoint.value)) return std::move(endpoint.value);
  return no_credentials(fmt::format("{}: {} is not allowed; allowed is {}", endpoint.name,
                                    in_quotes(endpoint.value), kEndpointForm));
}

Attempt of_variables() {
  auto credentials = object_store::credentials_in(&variable);
  if (!credentials) return no_credentials(std::move(credentials.error()));
  if (!*credentials) return std::nullopt;
  return IssuedCredentials{.credentials = **std::move(credentials)};
}

Attempt of_web_identity(const std::string& region, const http_client::ClientSettings& client,
                        const IsToAbort& is_to_abort) {
  constexpr const char* kTokenFile = "AWS_WEB_IDENTITY_TOKEN_FILE";
  const std::string file = found({}, {kTokenFile}, {}).value;
  if (file.empty()) return std::nullopt;
  object_store::WebIdentity identity{
      .endpoint = TRY(service_endpoint(found({}, {"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"},
                                             fmt::format("https://sts.{}.amazonaws.com", region)))),
      .role = found({}, {"AWS_ROLE_ARN"}, {}).value,
      .session = found({}, {"AWS_ROLE_SESSION_NAME"}, "bobbin").value};
  if (identity.role.empty())
    return no_credentials(
        fmt::format("{} is set, and AWS_ROLE_ARN, which says for which role, is not", kTokenFile));
  identity.token = TRY(token_of_file(kTokenFile, file));
  return TRY(object_store::credentials_of_web_identity(identity, client, is_to_abort));
}

std::string shared_file() {
  const std::string home = found({}, {"HOME"}, {}).value;
  return found({}, {"AWS_SHARED_CREDENTIALS_FILE"}, home.empty() ? "" : home + "/.aws/credentials").value;
}

/// Where its folder must not be looked into, as that of another user, it is not.
bool may_be_there(const std::string& file) {
  std::error_code error;
  const auto kind = std::filesystem::status(file, error).type();
  return kind != std::filesystem::file_type::not_found && error != std::errc::permission_denied;
}

/// `is_wanted`: that it is not there is a fault, and so is that it lacks the profile.
Attempt of_file(const std::string& file, bool is_wanted) {
  const auto text = os::read_file(file);
  if (!text) {
    if (!is_wanted && !may_be_there(file)) return std::nullopt;
    return no_credentials(fmt::format("{} cannot be read; {}", in_quotes(file), text.error().message()));
  }
  const Found profile = found({}, {"AWS_PROFILE"}, "default");
  auto credentials = object_store::credentials_of_file(*text, profile.value);
  if (!credentials)
    return no_credentials(fmt::format("{} cannot be used: {}", in_quotes(file), credentials.error()));
  if (*credentials) return IssuedCredentials{.credentials = **std::move(credentials)};
  if (!is_wanted && profile.name.empty()) return std::nullopt;
  return no_credentials(
      fmt::format("{} cannot be used: it has no profile [{}]", in_quotes(file), profile.value));
}

Attempt of_container(const IsToAbort& is_to_abort) {
  constexpr const char* kTokenFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
  constexpr const char* kToken = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
  const std::string path = found({}, {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"}, {}).value;
  const Found url = found({}, {"AWS_CONTAINER_CREDENTIALS_FULL_URI"}, {});
  object_store::ContainerService service{.url = path.empty() ? url.value : "http://169.254.170.2" + path};
  if (service.url.empty()) return std::nullopt;
  // Neither is shown, since it may be a secret.
  if (!path.empty() && (!path.starts_with('/') || !object_store::may_ask_for_container(service.url)))
    return no_credentials("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path that begins with a slash");
  if (!object_store::may_ask_for_container(service.url))
    return no_credentials(
        fmt::format("{} is not allowed; allowed is a URL under https, or under http at localhost, a loopback "
                    "address, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]",
                    url.name));
  if (const std::string file = found({}, {kTokenFile}, {}).value; !file.empty())
    service.authorization = TRY(token_of_file(kTokenFile, file));
  else
    service.authorization = found({}, {kToken}, {}).value;
  const auto is_other = [](char c) { return c < ' ' || c > '~'; };
  if (std::ranges::any_of(service.authorization, is_other))
    return no_credentials(fmt::format("{} has a character that is not allowed; printable ASCII is", kToken));
  return TRY(object_store::credentials_of_container(service, is_to_abort));
}

Attempt of_instance(const IsToAbort& is_to_abort) {
  if (equals_ignoring_case(found({}, {"AWS_EC2_METADATA_DISABLED"}, {}).value, "true")) return std::nullopt;
  const Found mode = found({}, {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"}, "IPv4");
  const bool is_ipv6 = equals_ignoring_case(mode.value, "IPv6");
  if (!is_ipv6 && !equals_ignoring_case(mode.value, "IPv4"))
    return no_credentials(
        fmt::format("{}: {} is not allowed; allowed is IPv4 or IPv6", mode.name, in_quotes(mode.value)));
  const std::string endpoint =
      TRY(service_endpoint(found({}, {"AWS_EC2_METADATA_SERVICE_ENDPOINT"},
                                 is_ipv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254")));
  return TRY(object_store::credentials_of_instance(endpoint, is_to_abort));
}

/// What there is where nothing is.
std::string nothing_found() {
  const std::string file = shared_file();
  return fmt::format(
      "no variable has them, {}, and AWS_EC2_METADATA_DISABLED is set",
      file.empty() ? "there is no HOME with a file of them" : in_quotes(file) + " has none of them");
}

Attempt of_first(const std::string& region, const http_client::ClientSettings& client,
                 const IsToAbort& is_to_abort) {
  if (auto issued = TRY(of_variables())) return issued;
  if (auto issued = TRY(of_web_identity(region, client, is_to_abort))) return issued;
  const bool is_wanted = !found({}, {"AWS_SHARED_CREDENTIALS_FILE"}, {}).value.empty();
  if (const std::string file = shared_file(); !file.empty())
    if (auto issued = TRY(of_file(file, is_wanted))) return issued;
  if (auto issued = TRY(of_container(is_to_abort))) return issued;
  if (auto issued = TRY(of_instance(is_to_abort))) return issued;
  return no_credentials(nothing_found());
}

}  // namespace

std::shared_ptr<object_store::SharedCredentials> credentials_for(const ObjectStoreWords& words,
                                                                 const std::string& region,
                                                                 const http_client::ClientSettings& client) {
  return std::make_shared<object_store::SharedCredentials>([file = words.credentials_file,
                                                            start = words.flag_start, region,
                                                            client](const IsToAbort& is_to_abort)
                                                               -> Result<IssuedCredentials, Trouble> {
    auto attempt = file.empty() ? of_first(region, client, is_to_abort) : of_file(file, true);
    if (attempt) return **std::move(attempt);
    Trouble trouble = std::move(attempt.error());
    if (trouble.kind == Trouble::Kind::refused)
      trouble.reason = fmt::format(
          "there are no credentials: {}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a file with "
          "{}credentials-file, or give this machine a role",
          trouble.reason, start);
    return failure(std::move(trouble));
  });
}

}  // namespace bobbin::app

#include "app/bucket_access.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <initializer_list>
#include <utility>

#include "app/options.h"
#include "http_client/url.h"
#include "object_store/credentials.h"
#include "os/file.h"

namespace bobbin::app {
namespace {

using object_store::Addressing;
using object_store::Credentials;

const char* variable(const char* name) {
  return std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody changes them
}

/// A setting of which the name is that of a variable, or empty, where it is a flag or a default.
struct Found {
  std::string name;
  std::string value;
};

/// What a flag says, or else the first of these variables that has a value.
Found found(const std::string& flag, std::initializer_list<const char*> names, std::string otherwise) {
  if (!flag.empty()) return {.name = {}, .value = flag};
  for (const char* const name : names)
    if (const char* const value = variable(name); value != nullptr && *value != '\0')
      return {.name = name, .value = value};
  return {.name = {}, .value = std::move(otherwise)};
}

Result<void, std::string> check(const Found& each, bool is_allowed, const char* form) {
  if (is_allowed) return {};
  return failure(fmt::format("{}: {} is not allowed; {} is", each.name, in_quotes(each.value), form));
}

auto no_credentials(const std::string& problem, const std::string& flag_start) {
  return failure(fmt::format(
      "there are no credentials: {}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a file "
      "with {}credentials-file",
      problem, flag_start));
}

/// Of a file that is named, those that stand there now; else those of the environment; else those of the file
/// that the AWS command line has.
Result<Credentials, std::string> read_credentials(const std::string& named, const std::string& flag_start) {
  if (named.empty()) {
    const auto of_variables = object_store::credentials_in(&variable);
    if (!of_variables) return no_credentials(of_variables.error(), flag_start);
    if (*of_variables) return **of_variables;
  }
  const std::string home = found({}, {"HOME"}, {}).value;
  const std::string file =
      found(named, {"AWS_SHARED_CREDENTIALS_FILE"}, home.empty() ? "" : home + "/.aws/credentials").value;
  if (file.empty())
    return no_credentials("no variable has them, and there is no HOME with a file of them", flag_start);
  const auto text = os::read_file(file);
  if (!text)
    return no_credentials(fmt::format("{} cannot be read; {}", in_quotes(file), text.error().message()),
                          flag_start);
  auto of_file = object_store::credentials_of_file(*text, found({}, {"AWS_PROFILE"}, "default").value);
  if (!of_file)
    return no_credentials(fmt::format("{} cannot be used: {}", in_quotes(file), of_file.error()), flag_start);
  return *std::move(of_file);
}

}  // namespace

Result<object_store::BucketAccess, std::string> bucket_access(const ObjectStoreWords& words,
                                                              const RequestWords& requests) {
  const Found region = found(words.region, {"AWS_REGION", "AWS_DEFAULT_REGION"}, "us-east-1");
  TRY(check(region, is_region(region.value), kRegionForm));
  Found endpoint = found(words.endpoint, {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}, {});
  const bool is_amazon = endpoint.value.empty();
  if (is_amazon) endpoint.value = fmt::format("https://s3.{}.amazonaws.com", region.value);
  if (endpoint.value.ends_with('/')) endpoint.value.pop_back();
  TRY(check(endpoint, is_endpoint(endpoint.value), kEndpointForm));

  object_store::BucketSettings settings{
      .endpoint = endpoint.value,
      .bucket = words.location->bucket,
      .region = region.value,
      .addressing = words.addressing.value_or(is_amazon ? Addressing::host : Addressing::path)};
  if (settings.addressing == Addressing::host && endpoint.value.find('[') != std::string::npos)
    return failure(fmt::format("{}addressing host: no bucket can stand in front of {}; use path",
                               words.flag_start, endpoint.value));
  return object_store::BucketAccess{.location = *words.location,
                                    .settings = std::move(settings),
                                    .client = {.timeout = requests.timeout, .ca_file = requests.ca_file},
                                    .credentials = [file = words.credentials_file, start = words.flag_start] {
                                      return read_credentials(file, start);
                                    }};
}

}  // namespace bobbin::app

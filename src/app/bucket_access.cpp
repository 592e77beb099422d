#include "app/bucket_access.h"

#include <fmt/format.h>
#include <utility>

#include "app/credential_sources.h"
#include "app/options.h"
#include "app/variables_of_aws.h"

namespace bobbin::app {
namespace {

using object_store::Addressing;

Result<void, std::string> check(const Found& each, bool is_allowed, const char* form) {
  if (is_allowed) return {};
  return failure(fmt::format("{}: {} is not allowed; allowed is {}", each.name, in_quotes(each.value), form));
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
  const http_client::ClientSettings client{.timeout = requests.timeout, .ca_file = requests.ca_file};
  return object_store::BucketAccess{.location = *words.location,
                                    .settings = std::move(settings),
                                    .client = client,
                                    .credentials = credentials_for(words, region.value, client)};
}

}  // namespace bobbin::app

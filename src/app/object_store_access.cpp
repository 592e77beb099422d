#include "app/object_store_access.h"

#include "app/bucket_access.h"
#include "os/process.h"

namespace bobbin::app {
namespace {

/// The first label of the name of this machine, of what a name of a node may have.
std::string name_of_machine() {
  std::string name;
  for (const char c : os::host_name()) {
    if (c == '.' || name.size() == 64) break;
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool is_allowed = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    name += is_allowed ? lower : '-';
  }
  return name.empty() ? "node" : name;
}

}  // namespace

std::string node_name(const ServerConfig& config) {
  return config.node.empty() ? name_of_machine() : config.node;
}

Result<object_store::BucketAccess, std::string> access_to(const object_store::Location& target,
                                                          const ServerConfig& config) {
  ObjectStoreWords words{.location = target,
                         .endpoint = config.s3_endpoint,
                         .region = config.s3_region,
                         .credentials_file = config.s3_credentials_file,
                         .flag_start = "--s3-"};
  if (!config.s3_addressing.empty())
    words.addressing =
        config.s3_addressing == "host" ? object_store::Addressing::host : object_store::Addressing::path;
  return bucket_access(words, {.ca_file = config.s3_ca_file, .timeout = config.s3_timeout});
}

Result<object_store::BucketAccess, std::string> access_of_clients_to(const object_store::Location& target,
                                                                     ServerConfig config) {
  if (!config.s3_redirect_endpoint.empty()) config.s3_endpoint = config.s3_redirect_endpoint;
  return access_to(target, config);
}

}  // namespace bobbin::app

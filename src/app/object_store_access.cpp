#include "app/object_store_access.h"

#include "app/bucket_access.h"

namespace bobbin::app {

Result<object_store::BucketAccess, std::string> access_to(const object_store::Location& target,
                                                          const ServerConfig& config) {
  ObjectStoreWords words{.location = target,
                         .endpoint = config.s3_endpoint,
                         .region = config.s3_region,
                         .credentials_file = config.s3_credentials_file};
  if (!config.s3_addressing.empty())
    words.addressing =
        config.s3_addressing == "host" ? object_store::Addressing::host : object_store::Addressing::path;
  return bucket_access(words, {.ca_file = config.s3_ca_file, .timeout = config.s3_timeout});
}

}  // namespace bobbin::app

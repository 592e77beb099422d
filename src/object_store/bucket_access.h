#pragma once

#include "http_client/client.h"
#include "object_store/bucket.h"
#include "object_store/location.h"

namespace bobbin::object_store {

/// All that it takes to reach a bucket, and where in it our objects are.
struct BucketAccess {
  Location location;
  BucketSettings settings;
  http_client::ClientSettings client;
  Bucket::CredentialsSource credentials;

  /// The error is a message: there is no libcurl.
  [[nodiscard]] Result<Bucket, std::string> open(Bucket::IsToAbort is_to_abort) const {
    auto opened = TRY(http_client::Client::open(client));
    return Bucket(settings, std::move(opened), credentials, std::move(is_to_abort));
  }
};

}  // namespace bobbin::object_store

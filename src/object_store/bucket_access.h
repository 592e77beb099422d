#pragma once

#include <memory>
#include <utility>

#include "http_client/client.h"
#include "object_store/bucket.h"
#include "object_store/location.h"
#include "object_store/shared_credentials.h"

namespace bobbin::object_store {

/// All that it takes to reach a bucket, and where in it our objects are.
struct BucketAccess {
  Location location;
  BucketSettings settings;
  http_client::ClientSettings client;
  std::shared_ptr<SharedCredentials> credentials;  ///< of all that is reached with copies of this

  /// The same for another location of the same store.
  [[nodiscard]] BucketAccess at(const Location& other) const {
    BucketAccess access = *this;
    access.location = other;
    access.settings.bucket = other.bucket;
    return access;
  }

  /// The error is a message: there is no libcurl.
  [[nodiscard]] Result<Bucket, std::string> open(Bucket::IsToAbort is_to_abort) const {
    auto opened = TRY(http_client::Client::open(client));
    return Bucket(settings, std::move(opened), credentials, std::move(is_to_abort));
  }
};

}  // namespace bobbin::object_store

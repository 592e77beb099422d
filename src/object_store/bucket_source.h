#pragma once

#include <utility>

#include "object_store/bucket.h"
#include "object_store/mirrors.h"

namespace bobbin::object_store {

/// The objects of a bucket.
class BucketSource final : public ObjectSource {
 public:
  explicit BucketSource(Bucket bucket) : bucket_(std::move(bucket)) {}

  Result<Page, Trouble> list(const ListRequest& request) override { return bucket_.list(request); }
  Result<Bucket::Fetched, Trouble> fetch(std::string_view key, std::string_view etag,
                                         const std::function<bool(std::string_view piece)>& sink) override {
    return bucket_.fetch(key, etag, sink);
  }

 private:
  Bucket bucket_;
};

}  // namespace bobbin::object_store

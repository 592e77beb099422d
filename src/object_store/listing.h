#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace bobbin::object_store {

/// What tells two versions of an object apart, and what a file that stands for it is like.
struct ObjectVersion {
  std::string etag;  ///< without quotes; empty: the store has told none
  std::uint64_t size_bytes = 0;
  WallTime modified = {};  ///< when it was created; 1970 where the store has told no such moment
  friend bool operator==(const ObjectVersion&, const ObjectVersion&) = default;
};

/// One page of the keys of a bucket (ListObjectsV2), in the order of the keys: that of their bytes.
struct Page {
  std::vector<std::string> keys;
  std::vector<ObjectVersion> versions = {};  ///< of these keys, one for each, in their order
  /// What the keys of many objects begin with, through the next slash behind the prefix that was asked for.
  std::vector<std::string> folders;
  /// Leads to the next page. Nothing: this is the last one.
  std::optional<std::string> next;
  friend bool operator==(const Page&, const Page&) = default;
};

/// Reads the answer of a store, in XML, to a request with `encoding-type=url`. Nothing: it is something else,
/// is cut off, or has a document type.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
[[nodiscard]] std::optional<Page> parse_page(std::string_view xml);

/// An entity tag without its quotes.
[[nodiscard]] std::string_view without_quotes(std::string_view etag);

}  // namespace bobbin::object_store

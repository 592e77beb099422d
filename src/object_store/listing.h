#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bobbin::object_store {

/// One page of the keys of a bucket (ListObjectsV2), in the order of the keys: that of their bytes.
struct Page {
  std::vector<std::string> keys;
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

}  // namespace bobbin::object_store

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bobbin::object_store {

/// Where objects are kept: a bucket, and what the keys of all of them begin with.
struct Location {
  std::string bucket;
  std::string prefix;  ///< empty, or with a slash at its end

  [[nodiscard]] std::string key_of(std::string_view name) const { return prefix + std::string(name); }
  /// "s3://bucket/prefix/".
  [[nodiscard]] std::string text() const { return "s3://" + bucket + "/" + prefix; }
  friend bool operator==(const Location&, const Location&) = default;
};

/// Reads "s3://BUCKET" or "s3://BUCKET/PREFIX", with or without a slash at the end. BUCKET has 3 to 63 of
/// a-z, 0-9, full stop and hyphen, and begins and ends with a letter or a digit. PREFIX has segments of
/// printable ASCII, none of which is empty, "." or "..", and 512 bytes at most. Nothing: it is something
/// else.
[[nodiscard]] std::optional<Location> parse_location(std::string_view text);

/// What parse_location takes, for messages.
inline constexpr const char* kLocationForm =
    "s3://BUCKET/PREFIX, such as s3://archive/inboxes/github, where BUCKET has 3 to 63 of a-z, 0-9, - and .";

}  // namespace bobbin::object_store

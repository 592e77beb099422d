#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "object_store/bucket.h"
#include "object_store/location.h"

namespace bobbin::app {

/// Where the bucket is that a command of inbox is about, and who asks. What is empty, or nothing, is found in
/// the environment, or has a default; but the location, which has to be named.
struct ObjectStoreWords {
  std::optional<object_store::Location> location;
  std::string endpoint;
  std::string region;
  std::optional<object_store::Addressing> addressing;
  std::string credentials_file;
  std::string flag_start = "--";  ///< what the flags of these begin with, for messages
};

/// Whether this is the address of a store: a URL under http or https without a path, in which
/// http_client::fault_of_url finds no fault.
[[nodiscard]] bool is_endpoint(std::string_view url);
inline constexpr const char* kEndpointForm =
    "a URL under http or https without a path, such as https://s3.example.org";

[[nodiscard]] bool is_region(std::string_view name);
inline constexpr const char* kRegionForm = "1 to 64 of a-z, 0-9 and -, such as eu-central-1";

}  // namespace bobbin::app

#pragma once

#include <optional>
#include <string>

#include "object_store/bucket.h"
#include "object_store/location.h"

namespace bobbin::app {

/// Where inbox drain is to move records. What is empty, or nothing, is found in the environment, or has a
/// default.
struct DrainWords {
  std::optional<object_store::Location> target;
  std::string endpoint;
  std::string region;
  std::optional<object_store::Addressing> addressing;
  std::string credentials_file;
};

}  // namespace bobbin::app

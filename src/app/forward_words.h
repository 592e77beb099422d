#pragma once

#include <string>

#include "base/clock.h"

namespace bobbin::app {

/// How inbox forward is to send records, and inbox drain, of which `ca_file` and `timeout` are. Names of
/// files are empty where there is none.
struct ForwardWords {
  std::string url;
  std::string field_file;
  std::string secret_file;
  std::string ca_file;
  milliseconds timeout = seconds(30);
};

}  // namespace bobbin::app

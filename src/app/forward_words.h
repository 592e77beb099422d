#pragma once

#include <string>

#include "base/clock.h"

namespace bobbin::app {

/// How requests are to be sent behind inbox forward, drain and pull. `ca_file`: empty where there is none.
struct RequestWords {
  std::string ca_file;
  milliseconds timeout = seconds(30);
};

/// What inbox forward is to send, and where to. Names of files are empty where there is none.
struct ForwardWords {
  std::string url;
  std::string field_file;
  std::string secret_file;
};

}  // namespace bobbin::app

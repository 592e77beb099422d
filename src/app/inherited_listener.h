#pragma once

#include <string>

#include "os/fd.h"

namespace bobbin::app {

/// A socket that listens already, from the process before this one.
struct InheritedListener {
  std::string key;  ///< what the configuration says of it: see Listening::keys
  os::Fd socket;    ///< empty: it has been taken
};

}  // namespace bobbin::app

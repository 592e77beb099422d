#pragma once

#include <string>

#include "os/fd.h"

// Sockets that listen, on their way from one process to the next. The key of each is what the configuration
// says of its address, by which the next process finds it again.
namespace bobbin::app {

/// One that the process before this one has passed.
struct InheritedListener {
  std::string key;
  os::Fd socket;  ///< empty: it has been taken
};

/// One that this process can pass.
struct PassableListener {
  std::string key;
  int descriptor;  ///< open as long as this process accepts connections
};

}  // namespace bobbin::app

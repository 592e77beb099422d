#pragma once

#include <string>

#include "observe/event.h"

namespace bobbin::app {

/// What an operator should know, of the level `warning`: a sentence for the log or for standard error,
/// without the word "Warning".
struct Warning {
  observe::Event event;
  std::string text;
};

}  // namespace bobbin::app

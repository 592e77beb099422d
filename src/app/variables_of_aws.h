#pragma once

#include <initializer_list>
#include <string>

namespace bobbin::app {

/// The value of a variable of the environment; null: it is not set. Thread: none may change the environment.
[[nodiscard]] const char* variable(const char* name);

/// A setting of which the name is that of a variable, or empty, where it is a flag or a default.
struct Found {
  std::string name;
  std::string value;
};

/// What a flag says, or else the first of these variables that has a value.
[[nodiscard]] Found found(const std::string& flag, std::initializer_list<const char*> names,
                          std::string otherwise);

}  // namespace bobbin::app

#include "app/variables_of_aws.h"

#include <cstdlib>
#include <utility>

namespace bobbin::app {

const char* variable(const char* name) {
  return std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody changes them
}

Found found(const std::string& flag, std::initializer_list<const char*> names, std::string otherwise) {
  if (!flag.empty()) return {.name = {}, .value = flag};
  for (const char* const name : names)
    if (const char* const value = variable(name); value != nullptr && *value != '\0')
      return {.name = name, .value = value};
  return {.name = {}, .value = std::move(otherwise)};
}

}  // namespace bobbin::app

#include "os/shared_library.h"

#include <dlfcn.h>

namespace bobbin::os {

Result<SharedLibrary, std::string> SharedLibrary::load(const std::string& name) {
  void* const library = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library != nullptr) return SharedLibrary(library);
  const char* const reason = ::dlerror();
  return failure(std::string(reason != nullptr ? reason : "it cannot be loaded"));
}

void* SharedLibrary::address(const char* name) const { return ::dlsym(library_, name); }

}  // namespace bobbin::os

#include "os/shared_library.h"

#ifndef BOBBIN_STATIC
#include <dlfcn.h>
#endif

namespace bobbin::os {

#ifdef BOBBIN_STATIC

Result<SharedLibrary, std::string> SharedLibrary::load(const std::string&) {
  return failure(std::string("this program is linked statically and loads no libraries"));
}

void* SharedLibrary::address(const char*) const { return nullptr; }

#else

Result<SharedLibrary, std::string> SharedLibrary::load(const std::string& name) {
  void* const library = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library != nullptr) return SharedLibrary(library);
  const char* const reason = ::dlerror();
  return failure(std::string(reason != nullptr ? reason : "it cannot be loaded"));
}

void* SharedLibrary::address(const char* name) const { return ::dlsym(library_, name); }

#endif

}  // namespace bobbin::os

#pragma once

#include <string>

#include "base/result.h"

namespace bobbin::os {

/// A library that is loaded while the program runs: dlopen(3). For what few commands need, so that the others
/// neither need it nor start later. Once loaded it stays to the end of the process, since what a library has
/// begun, such as a thread, may outlive its use. Thread: any.
class SharedLibrary {
 public:
  /// Whether this program can load any. One that is linked statically has a C library of its own, which a
  /// library of the system does not fit.
#ifdef BOBBIN_STATIC
  static constexpr bool kAreAvailable = false;
#else
  static constexpr bool kAreAvailable = true;
#endif

  /// `name` as the loader looks for it, such as "libcurl.so.4". The error is the loader's own message.
  [[nodiscard]] static Result<SharedLibrary, std::string> load(const std::string& name);

  /// The function of this name, of this type. Null: the library has none.
  template <typename Function>
  [[nodiscard]] Function* function(const char* name) const {
    return reinterpret_cast<Function*>(address(name));
  }

 private:
  explicit SharedLibrary(void* library) : library_(library) {}
  [[nodiscard]] void* address(const char* name) const;

  void* library_;
};

}  // namespace bobbin::os

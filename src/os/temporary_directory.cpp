#include "os/temporary_directory.h"

#include <filesystem>
#include <stdlib.h>
#include <system_error>
#include <unistd.h>

#include "os/call.h"

namespace bobbin::os {

Result<TemporaryDirectory> TemporaryDirectory::make() {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  if (error) return failure(Error{error.value(), "stat"});
  std::string path = (parent / "bobbin-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) return last_error("mkdtemp");
  return TemporaryDirectory(std::move(path));
}

TemporaryDirectory::~TemporaryDirectory() {
  if (!path_.empty()) ::rmdir(path_.c_str());
}

}  // namespace bobbin::os

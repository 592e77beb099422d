#include "os/root.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "os/directory.h"
#include "os/file.h"

namespace bobbin::os {
namespace {

/// Without `.` and `..`. Empty when the working directory has no name any more.
std::string absolute_name(const std::string& path) {
  std::error_code error;
  const std::string name = std::filesystem::absolute(path, error).lexically_normal().string();
  return error ? std::string() : name;
}

}  // namespace

Result<Root> Root::open(const std::string& path, Links links, RootFiles files) {
  return Root(TRY(open_directory(path)), absolute_name(path), links, files);
}

Result<Root> Root::duplicate(Links links) const {
  return Root(TRY(os::duplicate(fd_)), name_, links, files_);
}

std::vector<std::string> Root::names() const {
  std::vector<std::string> names;
  if (!name_.empty()) names.push_back(name_);
  if (auto place = place_of(fd_); !place.empty()) names.push_back(std::move(place));
  return names;
}

}  // namespace bobbin::os

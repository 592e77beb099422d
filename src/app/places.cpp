#include "app/places.h"

#include <filesystem>
#include <system_error>

namespace bobbin::app {

std::string canonical(const std::string& path) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  std::string resolved = std::filesystem::weakly_canonical(absolute, error).string();
  while (resolved.size() > 1 && resolved.ends_with('/')) resolved.pop_back();
  return error ? path : resolved;
}

bool lies_in(const std::string& place, const std::string& directory) {
  return place == directory || place.starts_with(directory.ends_with('/') ? directory : directory + '/');
}

std::string path_in_root(const std::string& place, const std::string& root,
                         const files::HiddenNames& hidden) {
  if (place == root) return "/";
  if (!lies_in(place, root)) return {};
  std::string path = place.substr(root.ends_with('/') ? root.size() - 1 : root.size());
  return hidden.hides(path) ? std::string() : path;
}

}  // namespace bobbin::app

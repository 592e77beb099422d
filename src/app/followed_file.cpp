#include "app/followed_file.h"

#include <functional>

#include "os/file.h"

namespace bobbin::app {

FollowedFile::FollowedFile(std::string_view option, const std::string& name) : option_(option), name_(name) {
  if (!name.empty()) text_ = os::read_file(name);
}

std::size_t FollowedFile::fingerprint() const {
  if (!text_) return 0;
  return *text_ ? std::hash<std::string>()(**text_) : static_cast<std::size_t>(text_->error().code);
}

}  // namespace bobbin::app

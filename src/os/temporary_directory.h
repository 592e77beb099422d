#pragma once

#include <string>
#include <utility>

#include "base/result.h"

namespace bobbin::os {

/// An empty directory that only this user may enter, where the system has temporary files (TMPDIR, or /tmp).
/// It is removed with this object, unless somebody has put something into it: mkdtemp(3). Thread: any.
class TemporaryDirectory {
 public:
  [[nodiscard]] static Result<TemporaryDirectory> make();
  ~TemporaryDirectory();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace bobbin::os

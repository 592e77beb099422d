#pragma once

#include <utility>

#include "base/result.h"
#include "os/fd.h"

namespace bobbin::os {

/// Whether names have appeared in a directory, by creation, link or rename: inotify(7). Tells nothing of what
/// other machines do in a directory of a network file system. Thread: one at a time.
class DirectoryWatch {
 public:
  /// What appears from now on is noticed. EMFILE where the user has as many watches as are allowed.
  [[nodiscard]] static Result<DirectoryWatch> start(const Fd& directory);
  /// Readable when a name has appeared since `clear`.
  [[nodiscard]] const Fd& fd() const { return fd_; }
  void clear();

 private:
  explicit DirectoryWatch(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace bobbin::os

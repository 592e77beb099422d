#pragma once

#include "os/fd.h"

namespace bobbin::os {

/// Notices that something has been mounted or unmounted, wherever in this process's view of the file system.
/// For kernels that give mounts no unique number (FileStatus::mount). Thread: its owner's.
class MountWatch {
 public:
  /// Where /proc cannot be read nothing is ever noticed.
  MountWatch();
  /// Since the last call, or since it was made.
  [[nodiscard]] bool has_changed();

 private:
  Fd mounts_;
};

}  // namespace bobbin::os

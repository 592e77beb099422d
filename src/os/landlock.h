#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace bobbin::os {

/// What a confined process may still do with files. A name stands for what it leads to when confine_files is
/// called: of a directory, for everything beneath it, whatever is made there later. Names that lead nowhere
/// are left out.
struct FileGrants {
  std::vector<std::string> readable;
  std::vector<std::string> writable;  ///< files are made, changed and removed there, too
  bool may_connect = false;           ///< by TCP
};

/// Which version of Landlock the kernel has (landlock(7)); 0: none, or it is switched off.
[[nodiscard]] int landlock_version();

/// Whether confine_files also keeps a process from connecting by TCP.
[[nodiscard]] inline bool landlock_confines_connections() { return landlock_version() >= 4; }

/// From now on this thread, and those that it starts, can open, make and remove nothing but what is granted,
/// start no program, connect to nothing by TCP unless that is granted (from version 4 on), and send signals
/// to nobody outside (from version 6 on). What is open stays usable. It cannot be taken back. Must be called
/// before there is a second thread. Linux 5.13 and later; ENOSYS or EOPNOTSUPP where there is no Landlock.
[[nodiscard]] Result<void> confine_files(const FileGrants& grants);

}  // namespace bobbin::os

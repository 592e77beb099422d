#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "os/fd.h"

namespace bobbin::inbox {

/// What a folder lies on, as the kernel tells.
struct FileSystem {
  std::string type;     ///< "ext4", "tmpfs", "fuse.sshfs"; empty: not known
  std::string source;   ///< "/dev/vda1"
  std::string options;  ///< of the file system: "rw,nobarrier"
  friend bool operator==(const FileSystem&, const FileSystem&) = default;
};

/// From the texts of /proc/self/fdinfo/N and /proc/self/mountinfo (proc_pid_mountinfo(5)). Nothing: they do
/// not tell.
[[nodiscard]] std::optional<FileSystem> file_system_in(std::string_view fdinfo, std::string_view mountinfo);
[[nodiscard]] FileSystem file_system_of(const os::Fd& file);

/// What is known of how such a file system keeps what was flushed, in a sentence or two.
struct Judgement {
  bool is_trusted = false;  ///< a flush is passed on to a device of this machine
  std::string text;
};
[[nodiscard]] Judgement judge(const FileSystem& file_system);

}  // namespace bobbin::inbox

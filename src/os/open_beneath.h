#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/root.h"

namespace bobbin::os {

/// Who resolves a path beneath a root.
enum class PathWalk : std::uint8_t {
  by_kernel,     ///< openat2(2), in one call; symbolic links are followed as the root says
  by_component,  ///< openat(2) for each component; no symbolic link is followed, and no `..`
};

/// Whether openat2(2) can be used here. Kernels before 5.6 lack it, and seccomp filters older than it refuse
/// it. The kernel is asked once, at the first call.
[[nodiscard]] bool openat2_is_available();

/// By the kernel where openat2(2) is available, otherwise by component.
[[nodiscard]] PathWalk available_walk();

struct Opened {
  Fd fd;
  FileStatus status;  ///< asked for before the file was opened for reading
  /// Another process holds a lease on the file (fcntl F_SETLEASE) and has now been asked to give it up. `fd`
  /// is an O_PATH descriptor, for wait_for_lease.
  bool is_leased = false;
};

/// Opens a regular file or a directory for reading, by a relative path that cannot leave `root`. A path that
/// leads out through `..`, from the top or through a symbolic link is refused with EXDEV; a link that is not
/// followed at all, as a magic one never is, with ELOOP. `path` "" or "." is the root itself.
///
/// With Links::inside the kernel refuses an absolute link even when that ends beneath the root, since it
/// starts elsewhere. Then the links are read one by one, without a look at anything outside of the root, and
/// the path beneath the root to which they lead is opened, on which no link is followed any more. So a link
/// that is changed meanwhile can make the call fail, or yield another file beneath the root, and nothing
/// else.
///
/// With Links::yes a link is the only way out.
///
/// FIFOs, devices and sockets are looked at and never opened: to open a FIFO releases a writer that waits for
/// a reader and ends it with SIGPIPE, and to open a device may set it going. For these `fd` is an O_PATH
/// descriptor, from which nothing can be read.
///
/// Never waits for the holder of a lease: see Opened::is_leased. Where /proc is not mounted, a file with a
/// lease is EAGAIN instead.
[[nodiscard]] Result<Opened> open_beneath(const Root& root, const std::string& path,
                                          PathWalk walk = available_walk());

/// Opens for reading the regular file that open_beneath found leased. Blocks until the holder has given the
/// lease up, or the kernel has taken it away (/proc/sys/fs/lease-break-time): not for a worker's thread.
[[nodiscard]] Result<Fd> wait_for_lease(const Fd& leased);

/// What open_beneath would open now, without opening it.
[[nodiscard]] Result<FileStatus> status_beneath(const Root& root, const std::string& path,
                                                PathWalk walk = available_walk());

}  // namespace bobbin::os

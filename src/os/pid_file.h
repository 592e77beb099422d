#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/result.h"
#include "os/fd.h"

namespace bobbin::os {

/// A file that names a process, for those who want to send it signals. The process holds its lock, flock(2),
/// so that nobody takes a file that was left behind for one of a living process. Removed at the end of this
/// object, unless it names another process by then. Thread: one at a time.
class PidFile {
 public:
  /// Puts a file with the number of this process into the place of one that is there, by renaming: readers
  /// see the one or the other, and a new inode in any case.
  [[nodiscard]] static Result<PidFile> write(const std::string& path);
  PidFile(PidFile&& other) noexcept : path_(std::exchange(other.path_, {})), file_(std::move(other.file_)) {}
  PidFile& operator=(PidFile&&) = delete;
  ~PidFile();

  /// Writes it anew, so that its version is another one.
  [[nodiscard]] Result<void> renew();

 private:
  PidFile(std::string path, Fd file) : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;  // empty: moved away
  Fd file_;           // locked
};

/// What such a file says. `version`: another one whenever it was written anew.
struct NamedProcess {
  long process = 0;
  std::uint64_t version = 0;
  bool is_locked = false;  ///< the process holds the file
  friend bool operator==(const NamedProcess&, const NamedProcess&) = default;
};
/// EINVAL when the file holds something else than the number of a process.
[[nodiscard]] Result<NamedProcess> read_pid_file(const std::string& path);

}  // namespace bobbin::os

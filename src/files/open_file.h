#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "http/range.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/open_beneath.h"
#include "os/root.h"

namespace bobbin::files {

/// Whether a file seen twice surely held the same bytes both times. New names and lost names are tolerated: a
/// file that was deleted or replaced by a rename is still whole for those who have it open.
[[nodiscard]] bool same_content(const os::FileStatus& before, const os::FileStatus& after);

/// A file beneath the root, open for reading, and what it was when it was looked at. Everything that is said
/// of the file comes from the descriptor, never from its path a second time.
class OpenFile {
 public:
  /// Fails as os::open_beneath does. What is no regular file is fine here too; nothing can be read from it,
  /// nor from a file that is leased.
  [[nodiscard]] static Result<OpenFile> open(const os::Root& root, const std::string& path);
  /// A file that another process has opened for reading.
  [[nodiscard]] static Result<OpenFile> received(os::Fd fd);
  /// Another descriptor for the same file, with what it was at the last look.
  [[nodiscard]] Result<OpenFile> duplicate() const;
  /// Takes the file for what it is now, after it has changed.
  [[nodiscard]] Result<void> refresh_status();

  /// Another process holds a lease on it: see os::Opened.
  [[nodiscard]] bool is_leased() const { return is_leased_; }
  /// Blocks until the lease is over, then takes the file for what it is: its holder may have written to it.
  [[nodiscard]] Result<void> wait_for_lease();

  /// It only stands for content that is not there yet (os::RootFiles): there is nothing to read.
  [[nodiscard]] bool is_placeholder() const {
    return files_ == os::RootFiles::marked_when_whole && status_.kind == os::FileStatus::Kind::regular &&
           !status_.is_marked;
  }

  [[nodiscard]] const os::FileStatus& status() const { return status_; }
  /// A moment just before `status` was asked for: a write after the look cannot carry an earlier ctime than
  /// this (but for the tick of the kernel's clock, see validators.h).
  [[nodiscard]] WallTime looked_at() const { return looked_at_; }

  /// All bytes of the range, as they were at the last look. Nothing: they would have to be waited for, since
  /// they are not in the page cache. EAGAIN: the file has changed since; ENODATA: it is a placeholder.
  [[nodiscard]] Result<std::optional<std::string>> read(const http::ByteRange& range) const;

  /// What it is now; `status` stays what it was.
  [[nodiscard]] Result<os::FileStatus> current_status() const { return os::status(fd_); }
  /// os::file_system_id.
  [[nodiscard]] Result<std::uint64_t> file_system_id() const { return os::file_system_id(fd_); }
  /// os::place_of.
  [[nodiscard]] std::string place() const { return os::place_of(fd_); }
  [[nodiscard]] int descriptor() const { return fd_.number(); }
  /// Whether it still is what it was at the last look: same size, not written to since.
  [[nodiscard]] bool unchanged() const;

 private:
  OpenFile(os::Fd fd, const OpenFile& other)
      : fd_(std::move(fd)),
        looked_at_(other.looked_at_),
        status_(other.status_),
        is_leased_(other.is_leased_),
        files_(other.files_) {}
  OpenFile(os::Opened opened, WallTime looked_at, os::RootFiles files)
      : fd_(std::move(opened.fd)),
        looked_at_(looked_at),
        status_(opened.status),
        is_leased_(opened.is_leased),
        files_(files) {}

  os::Fd fd_;
  WallTime looked_at_;
  os::FileStatus status_;
  bool is_leased_;
  os::RootFiles files_;
};

}  // namespace bobbin::files

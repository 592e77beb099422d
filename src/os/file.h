#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "os/fd.h"

namespace bobbin::os {

/// What the kernel tells of a file.
struct FileStatus {
  enum class Kind : std::uint8_t { regular, directory, link, other };
  Kind kind = Kind::other;
  /// The mount through which the file was reached, by a number that no later mount gets
  /// (STATX_MNT_ID_UNIQUE). An image mounted in the place of another on the same device may have the same
  /// `device`, inode and times. 0 where the kernel does not tell (before Linux 6.8).
  std::uint64_t mount = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t links = 0;  ///< how many names it has; a change of names changes ctime too
  std::uint64_t size_bytes = 0;
  WallTime modified;  ///< mtime: a user can set it at will; beyond what WallTime holds, the nearest it holds
  WallTime changed;   ///< ctime: the kernel sets it at every change, nobody sets it back
  /// A regular file with the mode bit S_ISVTX, which means nothing to the kernel there: see mark().
  bool is_marked = false;
  friend bool operator==(const FileStatus&, const FileStatus&) = default;
};

[[nodiscard]] Result<FileStatus> status(const Fd& file);

/// What is at this path from `directory` now, a symbolic link at its end being a link. Links on the way are
/// followed, wherever they lead.
[[nodiscard]] Result<FileStatus> status_at(const Fd& directory, const std::string& path);

/// The permission bits of a file or directory, such as 0644.
[[nodiscard]] Result<unsigned> permissions(const Fd& file);

/// The text of the symbolic link at this path from `directory`; "" is the link itself, which is open
/// (O_PATH).
[[nodiscard]] Result<std::string> link_target_at(const Fd& directory, const std::string& path);

/// What the file system that `file` lies on calls itself: f_fsid of fstatfs(2). It stays the same after a
/// restart and a reboot where the file system has an identity of its own (ext4, xfs, btrfs); 0 where it has
/// none.
[[nodiscard]] Result<std::uint64_t> file_system_id(const Fd& file);

/// What is known of a file system.
struct FileSystem {
  enum class Kind : std::uint8_t {
    local,  ///< ext2 to ext4, xfs, btrfs, f2fs, zfs, overlay, tmpfs: the kernel knows when a write has failed
    other,
  } kind = Kind::other;
  std::uint64_t size_bytes = 0;  ///< of all of it
  std::uint64_t free_bytes = 0;  ///< that this user may take
};
[[nodiscard]] Result<FileSystem> file_system(const Fd& file);

/// The permission bits of the file of this name.
[[nodiscard]] Result<unsigned> mode_of(const std::string& name);

/// The absolute path at which an open file lies now, as /proc tells; empty: it does not.
[[nodiscard]] std::string place_of(const Fd& file);

/// A second descriptor for the same open file.
[[nodiscard]] Result<Fd> duplicate(const Fd& file);

/// Reads at most into.size() bytes at `offset`; fewer only at the end of the file.
[[nodiscard]] Result<std::size_t> read_at(int file, std::span<std::byte> into, std::uint64_t offset);
[[nodiscard]] inline Result<std::size_t> read_at(const Fd& file, std::span<std::byte> into,
                                                 std::uint64_t offset) {
  return read_at(file.number(), into, offset);
}

/// At most `most_bytes` from the beginning of the file at this path from `directory`, from its device: past
/// the page cache where the file system can do that (O_DIRECT), and elsewhere once the kernel was asked to
/// drop the pages.
[[nodiscard]] Result<std::string> read_from_device(const Fd& directory, const std::string& path,
                                                   std::size_t most_bytes);

/// All of a file, by path. For configuration and tables, not for content.
[[nodiscard]] Result<std::string> read_file(const std::string& path);
/// "MAJOR:MINOR" of a FileStatus::device, as /sys/dev/block names it.
[[nodiscard]] std::string device_name(std::uint64_t device);

/// The same of an open file, from its beginning, wherever its position is.
[[nodiscard]] Result<std::string> read_open_file(const Fd& file);
/// A file with this content that has no name and lies in memory (memfd_create(2)); it can be sealed.
[[nodiscard]] Result<Fd> file_in_memory(std::string_view content);

/// Appends all of `bytes` at the file's position; fails with the error of the first write that fails.
[[nodiscard]] Result<void> write_all(const Fd& file, Bytes bytes);

/// Makes the file so large; what is added reads as zeros, and takes no space yet.
[[nodiscard]] Result<void> set_size(const Fd& file, std::uint64_t size_bytes);

/// Overwrites all of `bytes` at `offset`; fails with the error of the first write that fails.
[[nodiscard]] Result<void> write_at(const Fd& file, Bytes bytes, std::uint64_t offset);

/// Returns once the file's content and size are on stable storage: fsync(2). After a failure nothing is known
/// of what was written, and a second call may report success falsely: never retry.
[[nodiscard]] Result<void> sync(const Fd& file);

/// The same of the entries of a directory. Fails also where fsync(2) alone says success falsely: XFS has
/// nothing to write once its journal has failed, since it has dropped the entries.
[[nodiscard]] Result<void> sync_directory(const Fd& directory);

/// The same of the content and of what is needed to read it: fdatasync(2). A file that has been overwritten
/// only, in space that was synced before, has nothing else to write.
[[nodiscard]] Result<void> sync_content(const Fd& file);

/// Has the kernel begin to write this part of a file to the disk, and returns once the part of the same
/// length before it is written, so that a later sync_content() has twice the length left at most:
/// sync_file_range(2). Where the file system has no such thing, nothing happens. An error is one of the disk,
/// of which that sync would say nothing.
[[nodiscard]] Result<void> write_out(const Fd& file, std::uint64_t offset, std::uint64_t length);

/// The same of everything that was written to the file system of `file`: syncfs(2). From Linux 5.8 on it
/// fails when any write to it has failed since the descriptor was opened. With the check of sync_directory.
[[nodiscard]] Result<void> sync_file_system(const Fd& file);
/// Whether this kernel is new enough for that.
[[nodiscard]] bool is_failed_sync_reported();

}  // namespace bobbin::os

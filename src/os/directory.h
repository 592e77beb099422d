#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "os/file.h"

namespace bobbin::os {

/// A handle on a directory, for the functions below. Follows symbolic links: the operator named this path.
[[nodiscard]] Result<Fd> open_directory(const std::string& path);

/// Creates the directory; fine when it exists. True when it was made just now.
[[nodiscard]] Result<bool> make_directory(const std::string& path);

/// Makes a directory at this path from `parent`, which nobody but its owner can look into; fine when it
/// exists.
[[nodiscard]] Result<void> make_private_directory(const Fd& parent, const std::string& path);
/// A handle on the directory at this path from `parent`. No symbolic link at its end is followed, here and
/// below.
[[nodiscard]] Result<Fd> open_directory_at(const Fd& parent, const std::string& path);
/// An existing file, for reading or for writing.
[[nodiscard]] Result<Fd> open_file_at(const Fd& directory, const std::string& path);
/// The same for reading, of a file about which nothing is known: never waits, as opening a FIFO may, and
/// fails with EISDIR or EINVAL for what is no regular file.
[[nodiscard]] Result<Fd> open_regular_file_at(const Fd& directory, const std::string& path);
[[nodiscard]] Result<Fd> open_for_writing_at(const Fd& directory, const std::string& path);

/// A file without a name, for writing: gone when closed unless link_unnamed gave it one (O_TMPFILE).
/// EOPNOTSUPP or EISDIR where the file system has no such files.
[[nodiscard]] Result<Fd> create_unnamed(const Fd& directory);
/// Gives it a name. EEXIST when taken.
[[nodiscard]] Result<void> link_unnamed(const Fd& file, const Fd& directory, const std::string& name);

/// A new file under this name, for writing. EEXIST when taken.
[[nodiscard]] Result<Fd> create_named(const Fd& directory, const std::string& name);
/// The same; nobody but its owner can read it.
[[nodiscard]] Result<Fd> create_private(const Fd& directory, const std::string& name);
/// EEXIST when `to` is taken.
[[nodiscard]] Result<void> rename_without_replacing(const Fd& directory, const std::string& from,
                                                    const std::string& to);
/// The same from one directory to another of the same file system. Always one rename: nobody ever sees the
/// file under both names or under neither. Where the file system cannot refuse a taken name in that step
/// (NFS), it is looked for before, so a file that gets the name `to` in between is replaced.
[[nodiscard]] Result<void> move_without_replacing(const Fd& from_directory, const std::string& from,
                                                  const Fd& to_directory, const std::string& to);
/// From one directory to another of the same file system, in the place of whatever has the name `to`, in one
/// step.
[[nodiscard]] Result<void> move_replacing(const Fd& from_directory, const std::string& from,
                                          const Fd& to_directory, const std::string& to);
/// The file gets the name `to`, in the place of another that has it: whoever opens `to` finds one or the
/// other.
[[nodiscard]] Result<void> rename_replacing(const Fd& directory, const std::string& from,
                                            const std::string& to);
/// A second name for a file: link(2). EEXIST when `to` is taken; EPERM where there are no second names.
[[nodiscard]] Result<void> link_file(const Fd& directory, const std::string& from, const std::string& to);
[[nodiscard]] Result<void> remove_file(const Fd& directory, const std::string& name);
/// An empty directory.
[[nodiscard]] Result<void> remove_directory(const Fd& parent, const std::string& path);

/// Gives a directory to a group, with these rights: fchown(2), fchmod(2). Only a member of the group may.
[[nodiscard]] Result<void> give_to_group(const Fd& directory, std::uint32_t group, unsigned mode);

/// Whether this user may make files in the directory: faccessat(2).
[[nodiscard]] Result<void> may_write(const std::string& directory);

/// Whether this user may read the file, or see what is in the directory, at this path from `directory`. A
/// link is followed, wherever it leads: faccessat(2).
[[nodiscard]] Result<void> may_read(const Fd& directory, const std::string& path);
[[nodiscard]] Result<void> may_list(const Fd& directory, const std::string& path);

/// One entry of a directory.
struct DirectoryEntry {
  std::string_view name;
  /// Nothing where the file system does not tell it along with the name.
  std::optional<FileStatus::Kind> kind;
};
/// Calls `visit` with the next entries of a directory that is open for reading, without "." and "..", in no
/// order; with some hundreds at most. The views are valid during the call. False: there are no more.
[[nodiscard]] Result<bool> read_entries(const Fd& directory,
                                        const std::function<void(const DirectoryEntry&)>& visit);
/// read_entries begins with the first entry again.
[[nodiscard]] Result<void> rewind_entries(const Fd& directory);

/// The names in a directory, without "." and "..", in no order.
[[nodiscard]] Result<std::vector<std::string>> list(const Fd& directory);

}  // namespace bobbin::os

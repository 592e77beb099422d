#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "crypto/sha256.h"
#include "http/precondition.h"
#include "os/file.h"

namespace bobbin::files {

/// Whether what was looked at could still change without its ctime telling, since the kernel stamps with the
/// time of its last tick. `looked_at` is a moment before the status was asked for.
[[nodiscard]] bool could_change_unseen(const os::FileStatus& status, WallTime looked_at);

/// What entity tags are made from.
enum class TagSource : std::uint8_t {
  file,     ///< what the file system says of the file
  content,  ///< the SHA-256 of its content, once that is known
};

/// What the validators of a folder's files have in common.
struct ValidatorSettings {
  /// os::file_system_id of the file: inodes and times mean something on one file system only.
  std::uint64_t file_system_id = 0;
  /// From the site's configuration, by tag_seed().
  std::uint64_t seed = 0;
  /// The operator vouches that no file is replaced by another under an old time.
  bool trust_mtime = false;
};

/// The seed for the tags of a site whose operator has given this text. 0 for an empty one.
[[nodiscard]] std::uint64_t tag_seed(std::string_view text);

/// The entity tag and the modification date of a file (RFC 9110 §8.8). `looked_at` is a moment before the
/// status was asked for; were it later, a write in between could hide.
///
/// The tag is a hash of inode, ctime in nanoseconds, size, mtime and the file system: the same after a
/// restart or a reboot, and there is nothing in it to read. It rests on ctime, which nobody can set: mtime
/// alone is set at will, and an edit that puts it back (cp -p, rsync, tar) would be answered with a false
/// 304.
///
/// With `content`, the SHA-256 of what the file holds (Digests), the tag is a hash of that alone: the same
/// for the same bytes, on whichever machine they lie, and strong, since a digest is known only of what can no
/// longer change unseen.
///
/// There is no date when mtime lies before 1980 or more than a day ahead: image builders and package stores
/// give such times to everything, so they tell nothing. The date is strong when the file was last changed in
/// the very second that mtime says: else somebody has set it, and the next version may get the same one.
[[nodiscard]] http::Validators validators(const os::FileStatus& status, WallTime looked_at,
                                          const ValidatorSettings& settings = {},
                                          const std::optional<crypto::Digest>& content = std::nullopt);

}  // namespace bobbin::files

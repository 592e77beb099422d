#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/mutex.h"
#include "base/result.h"
#include "object_store/listing.h"
#include "os/fd.h"

namespace bobbin::object_store {

/// A tree of files that has the names, the sizes and the times of objects. What has been fetched is whole;
/// anything else is a placeholder: a sparse file of the right size. The mark is on what is whole (os::mark),
/// so that a copy that has lost its mode, or a file that a crash has left, is taken for a placeholder and
/// fetched again. The entity tag of the object is kept with each file, as an attribute.
///
///     DIRECTORY/tree/        what is served (os::RootFiles::marked_when_whole)
///     DIRECTORY/incoming/    files that are being made, each under a name that is used once
///     DIRECTORY/listed       once the tree has agreed with a list: it is all that there is
///
/// A file is never written to under its name: it is replaced by a rename, so whoever has it open keeps what
/// he has. One process at a time owns the tree, makes it agree with a list and drops content; others may
/// complete files in it. Thread: any.
class PlaceholderTree {
 public:
  static constexpr const char* kTree = "tree";
  static constexpr const char* kEtag = "user.bobbin.etag";

  /// Makes the folders where they are missing. EOPNOTSUPP: the file system keeps no attributes of files.
  [[nodiscard]] static Result<void> make_folders(const std::string& directory);
  /// Whether the tree has ever agreed with a list.
  [[nodiscard]] static bool is_complete(const std::string& directory);

  [[nodiscard]] static Result<std::unique_ptr<PlaceholderTree>> open(const std::string& directory);

  /// Takes the tree, if no other process has it, and looks at what is in it. False: another one has it.
  [[nodiscard]] Result<bool> try_to_own() EXCLUDES(mutex_);
  [[nodiscard]] bool is_owned() const { return is_owned_; }

  struct Named {
    std::string name;  ///< beneath the tree
    ObjectVersion version;
  };
  /// Names that no files can have: with an empty part, `.` or `..`, a slash at the end, NUL, or too long; and
  /// those of which others make a folder, such as `a` beside `a/b`.
  struct LeftOut {
    std::size_t count = 0;
    std::string first;  ///< one of them
  };
  /// Makes an owned tree agree with all objects that there are.
  [[nodiscard]] Result<LeftOut> agree_with(std::vector<Named> objects) EXCLUDES(mutex_);

  /// What lies under a name now.
  struct Found {
    ObjectVersion version;
    bool is_whole = false;
  };
  [[nodiscard]] std::optional<Found> look(const std::string& name) const;
  /// Puts a placeholder in the place of whatever has this name.
  [[nodiscard]] Result<void> put_placeholder(const std::string& name, const ObjectVersion& version)
      EXCLUDES(mutex_);
  /// Fine when it is not there.
  [[nodiscard]] Result<void> remove(const std::string& name) EXCLUDES(mutex_);

  /// Content that is being received. What is not completed is removed.
  class Incoming {
   public:
    Incoming(PlaceholderTree& tree, std::string name, os::Fd file)
        : tree_(tree), name_(std::move(name)), file_(std::move(file)) {}
    ~Incoming();
    Incoming(const Incoming&) = delete;
    Incoming& operator=(const Incoming&) = delete;
    [[nodiscard]] Result<void> append(Bytes piece);
    [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }
    /// The file, for whoever reads what is there already.
    [[nodiscard]] Result<os::Fd> open_for_reading() const;

   private:
    friend class PlaceholderTree;
    PlaceholderTree& tree_;
    const std::string name_;
    os::Fd file_;
    std::uint64_t size_bytes_ = 0;
    std::uint64_t written_out_ = 0;  // of these, those that the kernel writes to the disk by now
    bool is_moved_ = false;
  };
  [[nodiscard]] Result<std::unique_ptr<Incoming>> begin();
  /// Puts the content, which is on stable storage by then, in the place of the placeholder of this version.
  /// False: there is none any more.
  [[nodiscard]] Result<bool> complete(Incoming& content, const std::string& name,
                                      const ObjectVersion& version) EXCLUDES(mutex_);

  // Of an owned tree.

  [[nodiscard]] std::uint64_t whole_bytes() const { return whole_bytes_; }
  [[nodiscard]] std::size_t objects() const EXCLUDES(mutex_);
  struct Whole {
    std::string name;
    std::uint64_t size_bytes;
    WallTime accessed;  ///< as the file system notes it, and at first when it was fetched
  };
  [[nodiscard]] std::vector<Whole> whole_files() const EXCLUDES(mutex_);
  /// Makes a placeholder of a file that is whole.
  [[nodiscard]] Result<void> drop_content(const std::string& name) EXCLUDES(mutex_);

 private:
  PlaceholderTree(os::Fd directory, os::Fd tree, os::Fd incoming, std::string prefix)
      : directory_(std::move(directory)),
        tree_(std::move(tree)),
        incoming_(std::move(incoming)),
        prefix_(std::move(prefix)) {}

  [[nodiscard]] std::string new_name();
  [[nodiscard]] Result<void> read_folder(const std::string& path) REQUIRES(mutex_);
  [[nodiscard]] Result<void> read_file(const std::string& path) REQUIRES(mutex_);
  [[nodiscard]] Result<void> remove_incoming();
  [[nodiscard]] Result<void> make_parents(const std::string& name);
  [[nodiscard]] Result<void> put(const std::string& name, const ObjectVersion& version) REQUIRES(mutex_);
  [[nodiscard]] Result<void> take_away(const std::string& name) REQUIRES(mutex_);
  void note(const std::string& name, const Found& found) REQUIRES(mutex_);
  void forget(const std::string& name) REQUIRES(mutex_);

  const os::Fd directory_;
  const os::Fd tree_;
  const os::Fd incoming_;
  const std::string prefix_;  // of the names in `incoming` that are ours
  std::atomic<bool> is_owned_ = false;
  std::atomic<std::uint64_t> names_ = 0;
  std::atomic<std::uint64_t> whole_bytes_ = 0;

  mutable Mutex mutex_;
  std::map<std::string, Found> known_ GUARDED_BY(mutex_);  // of an owned tree, by names
};

}  // namespace bobbin::object_store

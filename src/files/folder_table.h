#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "files/status_source.h"

namespace bobbin::files {

/// The folders that lead to cached files. Those that many files have in common are stored once, and looked at
/// once in a round.
///
/// Why they are looked at: a file may be what it was while a folder on its path has become a link out of the
/// root, or another folder. The kernel tells, when it walks the path anew (StatusSource::beneath). But as
/// long as the folder that holds another one has not changed (its ctime moves when a name in it does), the
/// name still leads to the same folder, which was no link. So it is enough to look at all the folders above
/// the one in which the file lies, from the top: as they were at the first look, so the path was at that
/// moment. That moment lies behind the arrival of the request, since every round begins with new looks.
///
/// Thread: its owner's.
class FolderTable {
  struct Folder;

 public:
  /// That the path of a file leads through folders only, no links, at the time it was taken.
  struct PathSnapshot {
    std::shared_ptr<Folder> holder;  ///< holds the folder of the file; null: the file lies in the root itself
    std::uint64_t version = 0;       ///< of the holder
  };

  /// `source` outlives the table, and the table outlives its snapshots.
  explicit FolderTable(StatusSource& source) : source_(source) {}

  /// Nothing where the path leads through a link, is too deep to be worth it, or where a change could go
  /// unseen since a folder has changed just now.
  [[nodiscard]] std::optional<PathSnapshot> snapshot(const std::string& path, std::uint64_t round);
  /// Whether the path still leads where it led. Looks at what has not been looked at in this round.
  [[nodiscard]] bool is_unchanged(const PathSnapshot& snapshot, std::uint64_t round);
  /// Whether is_unchanged() costs less than to have the kernel walk. To be asked once for each file and
  /// round.
  [[nodiscard]] static bool is_worth_looking(const PathSnapshot& snapshot, std::uint64_t round);

  /// What all folders take from the process.
  [[nodiscard]] std::size_t size_bytes() const { return size_bytes_; }

 private:
  struct Folder {
    std::string path;
    std::shared_ptr<Folder> parent;  // null: this is the root
    os::FileStatus status = {};
    std::uint64_t version = 0;  // another one whenever it or one above it has changed
    std::uint64_t parent_version = 0;
    std::uint64_t round = kNoRound;  // of the last look
    std::uint64_t walked_round = kNoRound;
    unsigned walks = 0;       // in that round, of files that could have used a look instead
    bool is_settled = false;  // a folder, and so are those above; no change of theirs can go unseen
  };

  [[nodiscard]] std::shared_ptr<Folder> folder(std::string_view path);
  void look(Folder& folder, std::uint64_t round);
  [[nodiscard]] static std::size_t footprint_bytes(const Folder& folder);

  StatusSource& source_;
  std::unordered_map<std::string_view, std::weak_ptr<Folder>> folders_;  // the keys are their paths
  std::size_t size_bytes_ = 0;
  std::uint64_t versions_ = 0;
};

}  // namespace bobbin::files

#include "files/folder_table.h"

#include <algorithm>

#include "files/heap_size.h"
#include "files/validators.h"

namespace bobbin::files {
namespace {

// Beyond, the kernel walks each time: so many looks are never made good, and each folder stores its whole
// path.
constexpr std::ptrdiff_t kDeepest = 16;

// The kernel's walk is three calls (openat2, statx, close), of which a look at the file saves two. On a
// machine where an empty system call costs 50 ns, a look at a folder costs 170 to 450 ns (root to eight
// folders deep) and the walk 400 more than a look at the file; where an empty call costs 1,100 ns, a call is
// a call. So a folder costs about half a walk on both, and up to two are looked at.
constexpr std::size_t kLooksPerWalk = 2;

/// The path of the folder in which `path` lies; "" is the root.
std::string_view holder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace

std::optional<FolderTable::PathSnapshot> FolderTable::snapshot(const std::string& path, std::uint64_t round) {
  if (std::count(path.begin(), path.end(), '/') > kDeepest) return std::nullopt;
  const std::string_view own_folder = holder_of(path);
  if (own_folder.empty()) return PathSnapshot{};
  auto holder = folder(holder_of(own_folder));
  look(*holder, round);
  if (!holder->is_settled) return std::nullopt;
  const auto held = source_.at(std::string(own_folder));
  if (!held || held->kind != os::FileStatus::Kind::directory) return std::nullopt;
  const std::uint64_t version = holder->version;
  return PathSnapshot{std::move(holder), version};
}

bool FolderTable::is_unchanged(const PathSnapshot& snapshot, std::uint64_t round) {
  if (snapshot.holder == nullptr) return true;
  look(*snapshot.holder, round);
  return snapshot.holder->version == snapshot.version;
}

bool FolderTable::is_worth_looking(const PathSnapshot& snapshot, std::uint64_t round) {
  if (snapshot.holder == nullptr) return true;
  Folder& holder = *snapshot.holder;
  std::size_t looks = 0;
  for (const Folder* each = &holder; each != nullptr && each->round != round; each = each->parent.get())
    ++looks;
  // Once as much has been spent in this round on walks as the looks would have cost, more files are likely to
  // come for which they pay.
  if (holder.walked_round != round) holder.walks = 0;
  holder.walked_round = round;
  return looks <= kLooksPerWalk * ++holder.walks;
}

void FolderTable::look(Folder& folder, std::uint64_t round) {
  if (folder.round == round) return;
  folder.round = round;
  if (folder.parent != nullptr) look(*folder.parent, round);
  const bool was_settled = folder.is_settled;
  const WallTime looked_at = was_settled ? WallTime() : source_.now();
  const auto now = source_.at(folder.path);
  const std::uint64_t parent_version = folder.parent != nullptr ? folder.parent->version : 0;
  if (!now || *now != folder.status || parent_version != folder.parent_version) {
    folder.status = now.value_or(os::FileStatus{});
    folder.parent_version = parent_version;
    folder.version = ++versions_;
    folder.is_settled = false;
  }
  // One that was settled and has changed is looked at once more, with the time of that look.
  if (was_settled) return;
  folder.is_settled = folder.status.kind == os::FileStatus::Kind::directory &&
                      (folder.parent == nullptr || folder.parent->is_settled) &&
                      !could_change_unseen(folder.status, looked_at);
}

std::shared_ptr<FolderTable::Folder> FolderTable::folder(std::string_view path) {
  if (const auto known = folders_.find(path); known != folders_.end()) return known->second.lock();
  const auto forget = [this](Folder* folder) {
    folders_.erase(folder->path);
    size_bytes_ -= footprint_bytes(*folder);
    delete folder;
  };
  auto parent = path.empty() ? nullptr : folder(holder_of(path));
  std::shared_ptr<Folder> made(new Folder{.path = std::string(path), .parent = std::move(parent)}, forget);
  size_bytes_ += footprint_bytes(*made);
  folders_.emplace(made->path, made);
  return made;
}

std::size_t FolderTable::footprint_bytes(const Folder& folder) {
  constexpr std::size_t kControlBlock = 16 + 2 * sizeof(void*);  // of a shared_ptr with a deleter
  constexpr std::size_t kNode = 2 * sizeof(void*) + 32;          // of the map: next, hash and the pair
  constexpr std::size_t kBuckets = 2 * sizeof(void*);            // two for each, as the map grows
  return heap_block_bytes(sizeof folder) + heap_bytes(folder.path) + heap_block_bytes(kControlBlock) +
         heap_block_bytes(kNode) + kBuckets;
}

}  // namespace bobbin::files

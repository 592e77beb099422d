#include "app/upload_folders.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fmt/format.h>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "os/directory.h"
#include "os/file.h"
#include "store/directory_folder.h"

namespace bobbin::app {
namespace {

std::string cannot_be_used(const std::string& directory, const Error& error) {
  return fmt::format("\"{}\" cannot be used; a directory that this user may write to is needed: {}",
                     directory, error.message());
}

Result<os::FileStatus> status_of(const std::string& directory) {
  return os::status(TRY(os::open_directory(directory)));
}

}  // namespace

std::string upload_directory_of(const SiteConfig& config) {
  return config.upload_dir.empty() ? config.root + "/uploads" : config.upload_dir;
}

bool takes_uploads(const SiteConfig& config) {
  if (config.uploads != Uploads::automatic) return config.uploads == Uploads::on;
  if (!config.upload_dir.empty()) return true;
  if (!config.bucket.empty()) return false;  // what is in the root is only read
  std::error_code error;
  return config.uploads_where_folder_is && std::filesystem::is_directory(upload_directory_of(config), error);
}

Result<std::shared_ptr<store::FolderStore>, std::string> UploadFolders::open_uploads(
    const std::string& directory) {
  return open(directory, {.memory_bytes = limits_.upload_memory,
                          .disk_bytes = std::max(limits_.upload_disk, limits_.max_upload),
                          .durability = limits_.durability,
                          .after_sync_failure = limits_.after_sync_failure});
}

Result<std::shared_ptr<store::FolderStore>, std::string> UploadFolders::open_inbox(
    const std::string& directory, const store::Inbox& inbox) {
  // No document comes to be as large as a piece, so all of them stay in memory; also when a reload allows
  // larger ones, since the store stays the same.
  constexpr std::uint64_t kMostBytes = InboxConfig::kLargestDocument;
  return open(directory, {.memory_bytes = std::max(limits_.upload_memory, 4 * kMostBytes),
                          .disk_bytes = 0,
                          .inbox = inbox,
                          .piece_bytes = kMostBytes + 1,
                          .after_sync_failure = limits_.after_sync_failure});
}

Result<std::shared_ptr<store::FolderStore>, std::string> UploadFolders::open(
    const std::string& directory, const store::FolderStore::Limits& limits) {
  const auto as_message = [&](const Error& error) { return cannot_be_used(directory, error); };
  if (const Folder* found = find(directory)) {
    const store::Inbox& inbox = found->store->inbox();
    if (inbox == limits.inbox) return found->store;
    if (inbox.name == limits.inbox.name && inbox.keeps_records() && limits.inbox.keeps_records())
      return failure(
          fmt::format("\"{}\" is open, and its store cannot be changed by a reload: start the "
                      "server anew",
                      directory));
    return failure(
        fmt::format("\"{}\" is where other documents are kept; a directory of its own is needed", directory));
  }
  auto folder = TRY(store::DirectoryFolder::open(directory).map_error(as_message));
  if (limits.inbox.keeps_records()) TRY(folder->make_inbox_folders().map_error(as_message));
  store::FolderStore::Limits all_limits = limits;
  all_limits.has_predecessor = has_predecessor_;
  auto store =
      TRY(store::FolderStore::create(std::move(folder), executor_,
                                     {.store = log_.writer("Uploads"), .committer = log_.writer("Uploads")},
                                     registry_, all_limits)
              .map_error(as_message));
  const os::FileStatus status = TRY(status_of(directory).map_error(as_message));
  folders_.push_back({status.device, status.inode, store});
  return store;
}

UploadFolders::Folder* UploadFolders::find(const std::string& directory) {
  const auto status = status_of(directory);
  if (!status) return nullptr;
  const auto found = std::ranges::find_if(folders_, [&](const Folder& folder) {
    return folder.device == status->device && folder.inode == status->inode;
  });
  return found == folders_.end() ? nullptr : &*found;
}

Result<std::shared_ptr<feed::Feed>, std::string> UploadFolders::open_feed(const std::string& directory,
                                                                          const std::string& name) {
  Folder* const folder = find(directory);
  if (folder == nullptr) return failure(cannot_be_used(directory, {ENOENT, "feed"}));
  if (auto open = folder->feed.lock()) return open;
  auto feed = TRY(feed::Feed::open(directory, folder->device, name, executor_, log_.writer("Uploads"))
                      .map_error([&](const Error& error) { return cannot_be_used(directory, error); }));
  folder->feed = feed;
  folder->store->watch(feed);
  return feed;
}

Result<std::shared_ptr<store::Room>, std::string> UploadFolders::open_room(const std::string& directory,
                                                                           const store::RoomLimits& limits,
                                                                           const std::string& name) {
  const auto as_message = [&](const Error& error) { return cannot_be_used(directory, error); };
  auto room = TRY(
      store::Room::open(directory, limits, name, log_.writer("Uploads"), registry_).map_error(as_message));
  rooms_.push_back({TRY(status_of(directory).map_error(as_message)).device, room});
  return room;
}

Result<void, std::string> UploadFolders::check(const std::string& directory) {
  const auto as_message = [&](const Error& error) { return cannot_be_used(directory, error); };
  const auto status = status_of(directory);
  const bool would_be_made = !status && status.error().code == ENOENT;
  if (!status && !would_be_made) return failure(as_message(status.error()));
  const std::string written_to =
      would_be_made ? std::filesystem::path(directory + "/..").lexically_normal().string() : directory;
  TRY(os::may_write(written_to.empty() ? "." : written_to).map_error(as_message));
  return {};
}

void UploadFolders::tick() {
  std::erase_if(folders_, [](const Folder& folder) {
    return folder.store.use_count() == 1 && folder.store->is_at_rest();
  });
  for (const Folder& folder : folders_) {
    folder.store->try_to_take_over();
    folder.store->tick();
    const auto feed = folder.feed.lock();
    if (feed == nullptr) continue;
    if (ends_readers_) feed->end_readers();
    feed->tick(monotonic_now());
  }
  ends_readers_ = false;
  std::erase_if(rooms_, [](const WatchedRoom& watched) { return watched.room.expired(); });
  for (const WatchedRoom& watched : rooms_) {
    auto room = watched.room.lock();
    if (!room || !room->begin_look(monotonic_now())) continue;
    executor::Lane& lane = executor_.lane(watched.device, "look", {.parallel = 1, .waiting = 1024});
    if (!lane.run([room] { room->look(); })) room->forgo_look();
  }
}

bool UploadFolders::is_server_to_end() const {
  return limits_.after_sync_failure == store::AfterSyncFailure::exit &&
         std::ranges::any_of(folders_, [](const Folder& folder) { return folder.store->has_failed(); });
}

Result<void, std::string> UploadFolders::take_over() {
  has_predecessor_ = false;
  for (const Folder& folder : folders_)
    TRY(folder.store->start().map_error(
        [&](const Error& error) { return cannot_be_used(folder.store->folder().path(), error); }));
  return {};
}

std::shared_ptr<store::FolderStore> UploadFolders::store_of(std::uint64_t device, std::uint64_t inode) const {
  for (const Folder& folder : folders_)
    if (folder.device == device && folder.inode == inode) return folder.store;
  return nullptr;
}

bool UploadFolders::hand_over(const std::function<void()>& handed_over) {
  bool all = true;
  for (const Folder& folder : folders_) {
    if (folder.store->hand_over(handed_over)) continue;
    handed_over();
    all = false;
  }
  return all;
}

void UploadFolders::deliver_to(Deliveries& deliveries) {
  for (const Folder& folder : folders_)
    folder.store->deliver_to(deliveries.successor_of(folder.device, folder.inode));
}

void UploadFolders::take_back() {
  for (const Folder& folder : folders_) folder.store->take_back();
}

void UploadFolders::stop() {
  for (const Folder& folder : folders_) {
    folder.store->stop();
    if (const auto feed = folder.feed.lock()) feed->stop();
  }
}

}  // namespace bobbin::app

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/deliveries.h"
#include "base/result.h"
#include "executor/executor.h"
#include "feed/feed.h"
#include "observe/log.h"
#include "store/folder_store.h"
#include "store/room.h"

namespace bobbin::app {

/// Where the uploads of a site are stored, if it takes any.
[[nodiscard]] std::string upload_directory_of(const SiteConfig& config);
/// Whether it does: with Uploads::automatic that depends on what there is now.
[[nodiscard]] bool takes_uploads(const SiteConfig& config);

/// The stores of documents, each with its folder. They outlive reloads: where the folder is the same, a new
/// generation takes over the store of the old one, so that no folder is opened twice. Thread: main.
class UploadFolders {
 public:
  /// The references outlive this and all stores. `has_predecessor`: another process has the folders, until
  /// take_over() is called.
  UploadFolders(const ServerConfig& limits, executor::Executor& executor, observe::Log& log,
                observe::Registry& registry, bool has_predecessor)
      : limits_(limits),
        executor_(executor),
        log_(log),
        registry_(registry),
        has_predecessor_(has_predecessor) {}

  /// The store of `directory`, which is made when it is missing. The error is a sentence for the operator.
  [[nodiscard]] Result<std::shared_ptr<store::FolderStore>, std::string> open_uploads(
      const std::string& directory);
  /// The same of an inbox of records, for documents of at most InboxConfig::kLargestDocument.
  [[nodiscard]] Result<std::shared_ptr<store::FolderStore>, std::string> open_inbox(
      const std::string& directory, const store::Inbox& inbox);

  /// The feed of an inbox that is open. It goes on as long as somebody uses it.
  [[nodiscard]] Result<std::shared_ptr<feed::Feed>, std::string> open_feed(const std::string& directory,
                                                                           const std::string& name);
  /// Readers of feeds are to ask again, since who may read has changed, perhaps. They do so within a second:
  /// by then every worker has the new generation.
  void end_readers() { ends_readers_ = true; }

  /// The room of an inbox that is open. It is looked into as long as somebody uses it.
  [[nodiscard]] Result<std::shared_ptr<store::Room>, std::string> open_room(const std::string& directory,
                                                                            const store::RoomLimits& limits,
                                                                            const std::string& name);

  /// Looks whether open() could succeed, and changes nothing.
  [[nodiscard]] static Result<void, std::string> check(const std::string& directory);

  /// Must be called once a second. Has rooms looked into. Drops the stores that no generation uses any more,
  /// and takes over folders that another server has owned until now. A store with documents under way ends
  /// with the last of them.
  void tick();
  /// Whether a disk has failed, and the server is to end for that (AfterSyncFailure::exit).
  [[nodiscard]] bool is_server_to_end() const;
  // For upgrades. See store::FolderStore for what the calls do to each folder.

  /// The predecessor has given its folders up. Waits for disks.
  [[nodiscard]] Result<void, std::string> take_over();
  /// Null: there is no such folder.
  [[nodiscard]] std::shared_ptr<store::FolderStore> store_of(std::uint64_t device, std::uint64_t inode) const;
  [[nodiscard]] std::size_t count() const { return folders_.size(); }
  /// `handed_over` is called for each folder, by any thread; where there is no thread for one, by this call,
  /// which then returns false.
  [[nodiscard]] bool hand_over(const std::function<void()>& handed_over);
  void deliver_to(Deliveries& deliveries);
  void take_back();

  /// The server stops. Everything that was acknowledged by the time when the executor has ended is then on
  /// stable storage under its name.
  void stop();

 private:
  [[nodiscard]] Result<std::shared_ptr<store::FolderStore>, std::string> open(
      const std::string& directory, const store::FolderStore::Limits& limits);

  struct Folder {
    std::uint64_t device;
    std::uint64_t inode;
    std::shared_ptr<store::FolderStore> store;
    std::weak_ptr<feed::Feed> feed = {};
  };
  /// Null: it is not open.
  [[nodiscard]] Folder* find(const std::string& directory);

  const ServerConfig limits_;
  executor::Executor& executor_;
  observe::Log& log_;
  observe::Registry& registry_;
  struct WatchedRoom {
    std::uint64_t device;
    std::weak_ptr<store::Room> room;
  };

  std::vector<Folder> folders_;
  bool has_predecessor_;
  bool ends_readers_ = false;
  std::vector<WatchedRoom> rooms_;
};

}  // namespace bobbin::app

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

#include "base/budget.h"
#include "base/mutex.h"
#include "executor/executor.h"
#include "observe/log.h"
#include "observe/registry.h"
#include "store/after_sync_failure.h"
#include "store/committer.h"
#include "store/document.h"
#include "store/document_store.h"
#include "store/file_committer.h"
#include "store/folder.h"
#include "store/reopen_schedule.h"
#include "store/successor.h"

namespace bobbin::store {

/// A store that keeps documents as files of a folder. Thread: any; but try_to_take_over is called by one
/// thread at a time.
class FolderStore final : public DocumentStore, public std::enable_shared_from_this<FolderStore> {
 public:
  struct Limits {
    std::uint64_t memory_bytes = 64UL * 1024 * 1024;  ///< for content that is not on disk yet
    std::uint64_t disk_bytes = 1024UL * 1024 * 1024;  ///< for files that are not complete yet
    std::size_t writing_documents = 8;                ///< how many are written at the same time
    std::size_t waiting_documents = 4096;             ///< how many wait to be written
    FileCommitter::Limits committer = {};
    Durability durability = Durability::files;
    Inbox inbox = {};                                 ///< records need a journal, whatever `durability` says
    std::size_t piece_bytes = Document::kPieceBytes;  ///< documents of fewer bytes stay in memory
    AfterSyncFailure after_sync_failure = AfterSyncFailure::reopen;
    bool has_predecessor = false;  ///< another process may have the folder, and is about to give it up
    ReopenSchedule::Pauses proof_pauses = ReopenSchedule::kPauses;
  };

  /// Each for one use alone, since different threads write to them.
  struct Logs {
    observe::LogWriter& store;
    observe::LogWriter& committer;
  };

  /// Starts the store, unless it has a predecessor. The references outlive it. Says how it is in the state
  /// kStore, and counts as the committers do.
  [[nodiscard]] static Result<std::shared_ptr<FolderStore>> create(std::shared_ptr<Folder> folder,
                                                                   executor::Executor& executor, Logs logs,
                                                                   observe::Registry& registry,
                                                                   const Limits& limits);
  /// Takes the folder when no other process has it, and then prepares it. To be called once; of a store with
  /// a predecessor when that has given the folder up. Waits for the disk.
  [[nodiscard]] Result<void> start();
  FolderStore(std::shared_ptr<Folder> folder, executor::Executor& executor, Logs logs,
              observe::Registry& registry, const Limits& limits);
  ~FolderStore() override;

  static constexpr observe::Metric kStore{
      "bobbin_store",
      "Folders of documents, by their state: open, full, closed, or occupied by another server"};

  [[nodiscard]] State state() const override;
  [[nodiscard]] Draft begin(std::uint64_t announced_bytes) override;
  [[nodiscard]] Budget& memory() override { return memory_; }

  // For a successor of this process, which stores in the folder from then on: decision 37.

  /// Documents wait from now on. `handed_over` is called once, by any thread, when the folder is another
  /// process's to take, with everything in it on stable storage, as far as the disk allows. False: there is
  /// no thread for it, and take_back() is to be called. Thread: that of try_to_take_over, as for the next
  /// two.
  [[nodiscard]] bool hand_over(std::function<void()> handed_over) EXCLUDES(route_mutex_);
  /// Those that wait, and all others, are given to `successor`. After hand_over has called back.
  void deliver_to(const std::shared_ptr<Successor>& successor) EXCLUDES(route_mutex_);
  /// The successor has failed: takes the folder again once that has ended, and stores what waits. After
  /// hand_over has called back, or has returned false.
  void take_back();

  /// Takes the folder when another process has owned it until now and has ended, or when there was no space
  /// to prepare it until now. Does not wait for a disk.
  void try_to_take_over();
  /// Must be called once a second, by the thread of try_to_take_over. Does not wait for a disk.
  void tick();
  /// The server stops: what has been and will be acknowledged is on stable storage under its name when the
  /// executor has ended.
  void stop();
  /// Whether nothing is left to be done for documents that were acknowledged.
  [[nodiscard]] bool is_at_rest() const { return committer_->is_at_rest(); }

  /// Whether a sync has failed, and the store has not opened again since.
  [[nodiscard]] bool has_failed() const { return !committer_->is_open(); }

  /// See Committer::watch.
  void watch(const std::weak_ptr<RecordWatcher>& watcher) { committer_->watch(watcher); }

  // These are for the documents of this store.
  [[nodiscard]] Folder& folder() { return *folder_; }
  [[nodiscard]] Budget& disk() { return disk_; }
  [[nodiscard]] Committer& committer() { return *committer_; }
  /// Hands a complete document to whoever stores it now.
  void submit(std::shared_ptr<Document> document, Document::Done done) EXCLUDES(route_mutex_);
  [[nodiscard]] Durability durability() const { return durability_; }
  void set_segment_age(Duration age) { committer_->set_segment_age(age); }
  [[nodiscard]] const Inbox& inbox() const { return inbox_; }
  [[nodiscard]] std::size_t piece_bytes() const { return piece_bytes_; }
  [[nodiscard]] executor::Lane& writing() { return writing_; }

 private:
  enum class Tenure : std::uint8_t {
    none,
    full,
    being_prepared,
    ours,
    handed_over,
    being_proved,  ///< a failed sync has closed it
    unusable
  };

  /// Where complete documents go.
  enum class Route : std::uint8_t { committer, held, successor };
  struct Held {
    std::shared_ptr<Document> document;
    Document::Done done;
  };

  /// After a failure `full` or `unusable`.
  [[nodiscard]] Result<void> prepare();
  void release();
  void submit_held() EXCLUDES(route_mutex_);
  void submit_to_committer(Held held) REQUIRES(route_mutex_);
  void set_route(Route route) REQUIRES(route_mutex_);
  void set_tenure(Tenure tenure);
  void take_over(Tenure before);
  void prove();
  [[nodiscard]] Result<void> try_to_reopen();
  void say_given_up(const std::string& reason);

  const std::shared_ptr<Folder> folder_;
  observe::LogWriter& log_;
  observe::State& reported_state_;
  executor::Lane& writing_;
  Budget memory_;
  Budget disk_;
  const Durability durability_;
  const Inbox inbox_;
  const std::size_t piece_bytes_;
  const AfterSyncFailure after_sync_failure_;
  const std::unique_ptr<Committer> committer_;
  ReopenSchedule schedule_;  // of the thread that ticks; while being_proved, of that which proves
  std::atomic<bool> lacks_space_ = false;      // for the proof
  std::atomic<Tenure> tenure_ = Tenure::none;  // set_tenure() wakes release()
  std::atomic<bool> holds_ = false;            // whether the route is `held`: documents are taken, and wait

  Mutex route_mutex_;
  Route route_ GUARDED_BY(route_mutex_) = Route::committer;
  std::deque<Held> held_ GUARDED_BY(route_mutex_);
  std::shared_ptr<Successor> successor_ GUARDED_BY(route_mutex_);
};

}  // namespace bobbin::store

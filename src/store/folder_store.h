#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/budget.h"
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
    ReopenSchedule::Pauses proof_pauses = ReopenSchedule::kPauses;
  };

  /// Each for one use alone, since different threads write to them.
  struct Logs {
    observe::LogWriter& store;
    observe::LogWriter& committer;
  };

  /// Takes the folder when no other process has it, and then prepares it. The references outlive the store.
  /// Says how it is in the state kStore, and counts as the committers do.
  [[nodiscard]] static Result<std::shared_ptr<FolderStore>> create(std::shared_ptr<Folder> folder,
                                                                   executor::Executor& executor, Logs logs,
                                                                   observe::Registry& registry,
                                                                   const Limits& limits);
  FolderStore(std::shared_ptr<Folder> folder, executor::Executor& executor, Logs logs,
              observe::Registry& registry, const Limits& limits);
  ~FolderStore() override;

  static constexpr observe::Metric kStore{
      "bobbin_store",
      "Folders of documents, by their state: open, full, closed, or occupied by another server"};

  [[nodiscard]] State state() const override;
  [[nodiscard]] Draft begin(std::uint64_t announced_bytes) override;
  [[nodiscard]] Budget& memory() override { return memory_; }

  /// Takes the folder when another process has owned it until now and has ended, or when there was no space
  /// to prepare it until now. Does not wait for a disk.
  void try_to_take_over();
  /// Must be called once a second, by the thread of try_to_take_over. Does not wait for a disk.
  void tick();
  /// The server stops: what has been and will be acknowledged is on stable storage under its name when the
  /// executor has ended.
  void stop() { committer_->stop(shared_from_this()); }
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
    being_proved,  ///< a failed sync has closed it
    unusable
  };

  /// After a failure `full` or `unusable`.
  [[nodiscard]] Result<void> prepare();
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
  std::atomic<bool> lacks_space_ = false;  // for the proof
  std::atomic<Tenure> tenure_ = Tenure::none;
};

}  // namespace bobbin::store

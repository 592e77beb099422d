#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "executor/executor.h"
#include "observe/log.h"
#include "observe/registry.h"
#include "store/committer.h"
#include "store/document.h"
#include "store/document_name.h"
#include "store/folder.h"
#include "store/upload.h"

namespace bobbin::store {

/// Syncs each file and its name before the answer (Durability::files). Two stages, without a timer:
///
///     submit ─► waiting ─► syncing: write, sync ─► synced ─► publishing: link, sync directory, tell
///
/// Tasks of the executor do both. Documents are synced side by side, since a file system folds concurrent
/// syncs into one journal commit, where a loop would pay for each of them. One task at a time publishes. It
/// takes all documents that were synced during the previous directory sync, and one directory sync serves
/// all of them, while the other tasks are busy with the next documents. This is group commit as databases
/// have it (DeWitt et al. 1984), with a batch for each of the two syncs.
///
/// A document is stored only when its own sync, its link and the directory sync behind that link have
/// succeeded. A failed sync closes the committer: what has not been published by then is not stored. A sync
/// is never repeated: the kernel may have dropped the data, and would then report success for nothing. Where
/// a file's sync finds no space (ENOSPC, EDQUOT) the device is sound, and only that document is refused.
///
/// How tasks are started. A task goes on as long as there is a step to do. When there is one and no task is
/// free for it, a new task is started; no second one is started before the first has begun
/// (`is_starting_`). So the following is true whenever the mutex is free and a step can be done: either a
/// task has been started for it, or every task is busy and will look for a step when it has finished its own.
///
/// Thread: any.
class FileCommitter final : public Committer {
 public:
  struct Limits {
    /// How many documents are synced at the same time, by one task each. One more task publishes meanwhile.
    std::size_t syncing_documents = 16;
    std::size_t waiting_documents = 4096;  ///< submit() refuses more
    /// How many synced documents may wait to be published, besides those that are being synced. Each of them
    /// holds a descriptor.
    std::size_t synced_documents = 64;
    AfterSyncFailure after_sync_failure = AfterSyncFailure::reopen;
  };

  /// The references outlive it. `log`: a writer for the committer's use only. Sets `state` when
  /// it closes.
  FileCommitter(Folder& folder, executor::Executor& executor, observe::LogWriter& log,
                observe::Registry& registry, observe::State& state, Limits limits);

  /// Recovers what a journal has left, and removes that.
  [[nodiscard]] Result<void> prepare() override;
  [[nodiscard]] Result<void> reopen() override EXCLUDES(mutex_);
  void release() override EXCLUDES(mutex_);
  void submit(std::shared_ptr<Document> document, Document::Done done) override EXCLUDES(mutex_);
  [[nodiscard]] bool is_open() const override { return !has_failed_; }

 private:
  using Uploads = std::vector<Upload>;
  enum class Step : std::uint8_t { none, sync, publish };
  /// Holds what a task needs while it runs.
  using KeepAlive = std::shared_ptr<const void>;

  [[nodiscard]] static KeepAlive keep_alive(const Upload& upload);
  /// Starts a task, for which is_starting_ has been set.
  void start_task(KeepAlive store) EXCLUDES(mutex_);
  void refuse_waiting() EXCLUDES(mutex_);
  void work() EXCLUDES(mutex_);
  /// Files the uploads of `batch`, for which the step `done` has been done, and fills `batch` with those of
  /// the next step. When there is no next step the task ends.
  [[nodiscard]] Step next_step(Step done, Uploads& batch) EXCLUDES(mutex_);
  void finish(Step done, Uploads& batch) REQUIRES(mutex_);
  [[nodiscard]] Step take(Uploads& batch) REQUIRES(mutex_);
  /// Whether the caller must start a task; if so, is_starting_ has been set. Null when it need not.
  [[nodiscard]] KeepAlive wants_task() REQUIRES(mutex_);
  [[nodiscard]] bool can_sync() const REQUIRES(mutex_);
  [[nodiscard]] bool can_publish() const REQUIRES(mutex_);

  void write_and_sync(Upload& upload);
  void commit(Uploads& batch);
  void publish(Upload& upload);
  void withdraw(Uploads& batch, const Error& error);
  void close(const Error& error) EXCLUDES(mutex_);
  void log_closing() EXCLUDES(mutex_);

  Folder& folder_;
  const Limits limits_;
  executor::Lane& lane_;
  UploadReport report_;  // the publisher's
  DocumentNames names_;  // the publisher's
  observe::State& state_;

  std::atomic<bool> has_failed_ = false;  // whether a sync has failed

  Mutex mutex_;
  std::deque<Upload> waiting_ GUARDED_BY(mutex_);
  std::size_t syncing_ GUARDED_BY(mutex_) = 0;
  Uploads synced_ GUARDED_BY(mutex_);
  bool is_publishing_ GUARDED_BY(mutex_) = false;
  std::size_t tasks_ GUARDED_BY(mutex_) = 0;           // how many have begun and not ended
  std::optional<Error> closed_by_ GUARDED_BY(mutex_);  // the failed sync, until it has been logged
  ConditionVariable rests_;                            // notified whenever a task ends
  bool is_starting_ GUARDED_BY(mutex_) = false;  // the executor has been given a task that has not begun
};

}  // namespace bobbin::store

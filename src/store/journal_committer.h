#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "executor/executor.h"
#include "journal/journal.h"
#include "journal/medium.h"
#include "observe/log.h"
#include "observe/registry.h"
#include "store/committer.h"
#include "store/document.h"
#include "store/document_name.h"
#include "store/folder.h"
#include "store/journal_meter.h"
#include "store/known_documents.h"
#include "store/record_segment.h"
#include "store/upload.h"

namespace bobbin::store {

/// Makes documents durable by a record in a journal, with one flush for all that have come meanwhile
/// (Durability::journal; group commit, DeWitt et al. 1984; a write-ahead log, Mohan et al. 1992).
///
///     submit ─► waiting ─► one task: stage the files, write the records, flush, name the files, tell
///                              behind the answers: sync the file system, record a checkpoint
///
/// What is told has a durable record, and its file has its name. The bytes and the name of that file become
/// durable at the next checkpoint; when the power is cut before that, recovery publishes the document from
/// its record. A document that does not fit into memory is synced under a hidden name before its record.
///
/// A failed flush closes the committer: what has not been told by then is not stored as far as anybody knows,
/// and nothing is written behind it. So does a failed checkpoint. reopen() lets the journal go on behind what
/// the last flush has made durable, in another segment, and writes the documents behind the last checkpoint
/// once more, whatever their files look like, as the next start does.
///
/// In an inbox of records (Layout::record) every document is in memory. Its file holds the entry of the
/// journal, and is written once the entry is known; names are in the folder `new`. A document whose key is
/// known is not stored again: it gets the outcome of the first one. While that is being stored it waits for
/// the next batch, and lets others go first. A bundle is in one batch, and each of its documents is an upload
/// of its own there; where one of them cannot be stored none is.
///
/// With Layout::segments a record has no file at first. A checkpoint puts those of each segment of the
/// journal that has ended into one file; a segment ends when it is full, when its first record has reached
/// set_segment_age(), and when the server stops.
///
/// Thread: any.
class JournalCommitter final : public Committer {
 public:
  struct Limits {
    std::size_t waiting_documents = 4096;                 ///< submit() refuses more
    std::size_t batch_documents = 256;                    ///< with one flush
    std::uint64_t batch_bytes = 4UL * 1024 * 1024;        ///< likewise, of those in memory
    std::uint64_t checkpoint_bytes = 64UL * 1024 * 1024;  ///< of the journal, until a checkpoint begins
    std::uint64_t journal_bytes = 256UL * 1024 * 1024;    ///< at which documents are refused
    std::uint64_t segment_bytes = journal::Journal::kSegmentBytes;
    AfterSyncFailure after_sync_failure = AfterSyncFailure::reopen;
  };

  /// As for FileCommitter.
  JournalCommitter(Folder& folder, executor::Executor& executor, observe::LogWriter& log,
                   observe::Registry& registry, observe::State& state, Inbox inbox, Limits limits);

  /// Recovers what an earlier process has left. Where there is nothing to be recovered, nothing is written:
  /// the journal begins with the first document.
  [[nodiscard]] Result<void> prepare() override EXCLUDES(journal_mutex_);
  [[nodiscard]] Result<void> reopen() override EXCLUDES(journal_mutex_);
  void release() override EXCLUDES(mutex_, journal_mutex_);
  void submit(std::shared_ptr<Document> document, Document::Done done) override EXCLUDES(mutex_);
  [[nodiscard]] bool is_open() const override { return !has_failed_; }
  void set_segment_age(Duration age) override { segment_age_ = age; }
  void tick(const std::shared_ptr<const void>& store) override { begin_checkpoint(store); }
  void stop(const std::shared_ptr<const void>& store) override;
  void watch(const std::weak_ptr<RecordWatcher>& watcher) override EXCLUDES(journal_mutex_);
  [[nodiscard]] bool is_at_rest() const override { return checkpointed_ == published_ || has_failed_; }

 private:
  struct JournalUpload : Upload {
    bool is_hidden = false;  // has a hidden name, from which it gets its own one
    std::unique_ptr<StagedFile> whole_record = nullptr;
    std::string late_text = {};    // of a whole record whose file is written behind the flush
    std::uint64_t file_bytes = 0;  // of a whole record
    WallTime received = {};        // of a whole record
    bool is_conflict = false;      // see journal::Record
    /// Of a repetition within a bundle: where in the batch the first one is.
    std::optional<std::size_t> first = {};

    /// The record has been taken back or withdrawn.
    void forget_record() {
      sequence = 0;
      whole_record.reset();
      late_text.clear();
    }
  };
  using Uploads = std::vector<JournalUpload>;
  /// The first document of a bundle with its key.
  struct FirstDocument {
    std::size_t place;  // in the batch, once the repetitions are out of it
    crypto::Digest digest;
  };
  using FirstDocuments = std::map<crypto::Digest, FirstDocument>;  // by their keys

  void start_task(const std::shared_ptr<const void>& store) EXCLUDES(mutex_);
  void work(const std::shared_ptr<const void>& store) EXCLUDES(mutex_);
  [[nodiscard]] Uploads next_batch() EXCLUDES(mutex_);
  [[nodiscard]] static bool add_keys(std::set<crypto::Digest>& keys, const Document& document);
  static void append_documents(Uploads& batch, JournalUpload upload);

  void commit(Uploads& batch) EXCLUDES(journal_mutex_);
  [[nodiscard]] Uploads take_repetitions(Uploads& batch) REQUIRES(journal_mutex_);
  [[nodiscard]] bool find_repetitions(std::span<JournalUpload> bundle, std::size_t next)
      REQUIRES(journal_mutex_);
  void remember_keys(const Uploads& batch) REQUIRES(journal_mutex_);
  [[nodiscard]] Result<void> write_keys() REQUIRES(journal_mutex_);
  void store(Uploads& batch) REQUIRES(journal_mutex_);
  [[nodiscard]] Result<void> recover_journal() REQUIRES(journal_mutex_);
  [[nodiscard]] Result<void> recover_records() REQUIRES(journal_mutex_);
  [[nodiscard]] Result<void> begin_journal() REQUIRES(journal_mutex_);
  [[nodiscard]] Result<std::unique_ptr<journal::Journal>> open_journal() REQUIRES(journal_mutex_);
  [[nodiscard]] Result<void> go_on_with(std::unique_ptr<journal::Journal> journal) REQUIRES(journal_mutex_);
  [[nodiscard]] bool make_room(Uploads& batch) REQUIRES(journal_mutex_);
  /// `body` is given a copy of a document that is in memory.
  [[nodiscard]] journal::Record stage(JournalUpload& upload, std::string& body) REQUIRES(journal_mutex_);
  void add_records(Uploads& batch) REQUIRES(journal_mutex_);
  void add_whole_records(std::span<JournalUpload> bundle) REQUIRES(journal_mutex_);
  [[nodiscard]] Result<void> add_whole_record(JournalUpload& upload,
                                              const std::optional<journal::Bundle>& bundle)
      REQUIRES(journal_mutex_);
  void withdraw(std::span<JournalUpload> bundle, const NotStored& failure) REQUIRES(journal_mutex_);
  void take_name_back(const JournalUpload& upload) REQUIRES(journal_mutex_);
  /// `name`: of its file. The document has no failure.
  void add_entry(JournalUpload& upload, WallTime now, std::string name,
                 const std::optional<journal::Bundle>& bundle) REQUIRES(journal_mutex_);
  [[nodiscard]] RecordSegment& record_segment(WallTime now) REQUIRES(journal_mutex_);
  [[nodiscard]] Result<void> stage_last_entry(JournalUpload& upload) REQUIRES(journal_mutex_);
  void publish(Uploads& batch) REQUIRES(journal_mutex_);
  [[nodiscard]] bool publish(std::span<JournalUpload> bundle) REQUIRES(journal_mutex_);
  [[nodiscard]] Result<void> publish(JournalUpload& upload);
  [[nodiscard]] Result<void> write_file(JournalUpload& upload, std::string_view text);
  void tell_watcher(const JournalUpload& upload) REQUIRES(journal_mutex_);
  void begin_watching() REQUIRES(journal_mutex_);
  [[nodiscard]] Result<void> write_and_flush() REQUIRES(journal_mutex_);
  void close(const Error& error) REQUIRES(journal_mutex_);

  void wait_until_at_rest() EXCLUDES(mutex_);
  void make_spare_segment(const std::shared_ptr<const void>& store) EXCLUDES(journal_mutex_);
  void begin_checkpoint(const std::shared_ptr<const void>& store);
  void checkpoint() EXCLUDES(journal_mutex_);
  [[nodiscard]] bool make_checkpoint() EXCLUDES(journal_mutex_);
  /// Makes the files of segments that have ended. Returns through which sequence there are files.
  [[nodiscard]] std::uint64_t make_files() EXCLUDES(journal_mutex_);
  void note_files() REQUIRES(journal_mutex_);
  [[nodiscard]] bool end_old_segment() REQUIRES(journal_mutex_);
  /// Says once that files cannot be made. Returns whether one was.
  [[nodiscard]] bool tell_of_file(const Result<void>& made) REQUIRES(journal_mutex_);
  [[nodiscard]] Result<bool> record(std::uint64_t through, const Result<void>& synced)
      REQUIRES(journal_mutex_);

  Folder& folder_;
  const Inbox inbox_;
  const Limits limits_;
  executor::Lane& lane_;
  DocumentNames names_;       // the task's
  RecordNames record_names_;  // likewise
  observe::State& state_;

  std::atomic<bool> has_failed_ = false;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<bool> is_checkpointing_ = false;
  std::atomic<bool> is_making_spare_ = false;
  std::atomic<Duration> segment_age_ = Duration(seconds(60));
  std::atomic<std::uint64_t> published_ = 0;     // sequences through which documents have been acknowledged
  std::atomic<std::uint64_t> checkpointed_ = 0;  // and through which these are on stable storage
  std::atomic<std::uint64_t> bytes_ = 0;         // of the journal

  Mutex journal_mutex_;
  UploadReport report_ GUARDED_BY(journal_mutex_);
  JournalMeter meter_ GUARDED_BY(journal_mutex_);
  KnownDocuments known_ GUARDED_BY(journal_mutex_);
  bool keys_are_late_ GUARDED_BY(journal_mutex_) = false;  // the last attempt to write them has failed
  bool is_prepared_ GUARDED_BY(journal_mutex_) = false;
  std::weak_ptr<RecordWatcher> watcher_ GUARDED_BY(journal_mutex_);
  std::unique_ptr<journal::Medium> medium_ GUARDED_BY(journal_mutex_);
  journal::History history_ GUARDED_BY(journal_mutex_);                   // behind which the journal begins
  std::unique_ptr<journal::Journal> journal_ GUARDED_BY(journal_mutex_);  // null until then
  std::uint64_t reopened_ GUARDED_BY(journal_mutex_) = 0;                 // how often
  /// Sequences and names of documents that have a hidden name, too, until they are checkpointed.
  std::deque<std::pair<std::uint64_t, std::string>> hidden_ GUARDED_BY(journal_mutex_);
  std::vector<std::uint64_t> withdrawn_ GUARDED_BY(journal_mutex_);  // which no flush has made durable yet
  std::size_t open_files_ GUARDED_BY(journal_mutex_) = 0;            // of the batch, without a name
  std::uint64_t spare_beside_ GUARDED_BY(journal_mutex_) =
      0;  // the segment that was written when one was made
  std::deque<RecordSegment> segments_ GUARDED_BY(journal_mutex_);  // of which there is no file yet
  std::uint64_t files_through_ GUARDED_BY(journal_mutex_) = 0;     // through which sequence
  bool files_are_late_ GUARDED_BY(journal_mutex_) = false;         // the last attempt to make one has failed
  bool is_making_file_ GUARDED_BY(journal_mutex_) = false;

  Mutex mutex_;
  std::deque<JournalUpload> waiting_ GUARDED_BY(mutex_);
  bool is_working_ GUARDED_BY(mutex_) = false;  // a task has been started and has not ended
  ConditionVariable rests_;                     // notified when that no longer holds
};

}  // namespace bobbin::store

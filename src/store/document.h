#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "store/budget.h"
#include "store/document_store.h"
#include "store/folder.h"

namespace bobbin::store {

class FolderStore;

/// One document on its way into a folder.
///
/// A worker gives the content, and never touches the disk. A small document is gathered in memory. What is
/// larger than kPieceBytes goes to a staged file in pieces: while one piece is written by the executor, the
/// next one is gathered, and when that is full too, the worker is told to wait. So a document holds two
/// pieces in memory at most, and a client is never faster than the disk.
///
///     append ─► gathered ─► being written ─► staged file ─► (Committer) sync, publish
///
/// Thread: append, when_ready, commit and abandon belong to the worker; write_out, sync and publish to the
/// thread that commits it, afterwards.
class Document final : public DraftTarget, public std::enable_shared_from_this<Document> {
 public:
  static constexpr std::size_t kPieceBytes = 64UL * 1024;

  /// `announced_bytes`: see DocumentStore::begin.
  Document(std::shared_ptr<FolderStore> store, std::uint64_t announced_bytes);

  [[nodiscard]] Intake append(Bytes piece) override EXCLUDES(mutex_);
  void when_ready(std::function<void()> ready) override EXCLUDES(mutex_);
  /// Hands the document to the committer once everything before has been written.
  void commit(Done done) override EXCLUDES(mutex_);
  /// A file is closed by the executor, since that may take long.
  void abandon() override EXCLUDES(mutex_);

  /// Writes what is left in memory. The first failure there was, now or before.
  [[nodiscard]] Result<void, NotStored> write_out() EXCLUDES(mutex_);
  /// After a successful write_out. See StagedFile.
  [[nodiscard]] Result<void> sync() { return file_->sync(); }
  [[nodiscard]] Result<void> publish(const std::string& name) { return file_->publish(name); }
  /// Forgets the content; a file that is not published is gone when this returns.
  void discard() EXCLUDES(mutex_);

  /// Whoever commits the document keeps the store alive with this.
  [[nodiscard]] const std::shared_ptr<FolderStore>& store() const { return store_; }

 private:
  using Piece = std::vector<std::byte>;

  /// Makes room for `bytes` more in memory, within the budget.
  [[nodiscard]] bool make_room(std::size_t bytes) REQUIRES(mutex_);
  /// The task: writes as long as something has been gathered, then does what has been asked for meanwhile.
  void write_gathered() EXCLUDES(mutex_);
  /// What the task writes next. Nothing: the task has ended.
  [[nodiscard]] std::optional<Piece> next_piece() EXCLUDES(mutex_);
  void write_piece(const Piece& piece) EXCLUDES(mutex_);
  [[nodiscard]] Result<void> write(Bytes bytes);
  void fail(NotStored failure) REQUIRES(mutex_);
  void forget_gathered() REQUIRES(mutex_);

  const std::shared_ptr<FolderStore> store_;
  const std::uint64_t announced_bytes_;

  // Of whoever writes: the task while is_writing_, and afterwards whoever commits.
  std::unique_ptr<StagedFile> file_;

  Mutex mutex_;
  Piece gathered_ GUARDED_BY(mutex_);
  Budget::Share memory_ GUARDED_BY(mutex_);
  Budget::Share disk_ GUARDED_BY(mutex_);
  std::optional<NotStored> failure_ GUARDED_BY(mutex_);
  bool is_writing_ GUARDED_BY(mutex_) = false;      // a task has been started and has not ended
  std::function<void()> ready_ GUARDED_BY(mutex_);  // the worker waits
  bool is_abandoned_ GUARDED_BY(mutex_) = false;
  Done done_ GUARDED_BY(mutex_);  // commit has been called; the task hands the document on
};

}  // namespace bobbin::store

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/budget.h"
#include "base/mutex.h"
#include "crypto/sha256.h"
#include "store/document_store.h"
#include "store/folder.h"

namespace bobbin::store {

class FolderStore;

/// One document on its way into a folder.
///
/// A worker gives the content, and never touches the disk. A small document is gathered in memory. A document
/// that is larger than FolderStore::piece_bytes() goes to a staged file in pieces: while the executor writes
/// one piece, the next one is gathered, and when that is full too, the worker is told to wait. So a document
/// holds two pieces in memory at most, and a client cannot send faster than the disk takes.
///
///     append ─► gathered ─► being written ─► staged file ─► (Committer) sync, publish
///
/// Thread: append, when_ready, commit and abandon belong to the worker. After commit, write_out, sync,
/// publish and discard belong to the thread that commits the document.
class Document final : public DraftTarget, public std::enable_shared_from_this<Document> {
 public:
  static constexpr std::size_t kPieceBytes = 64UL * 1024;  ///< the usual size of a piece

  /// `announced_bytes`: see DocumentStore::begin.
  Document(std::shared_ptr<FolderStore> store, std::uint64_t announced_bytes);

  [[nodiscard]] Intake append(Bytes piece) override EXCLUDES(mutex_);
  void when_ready(std::function<void()> ready) override EXCLUDES(mutex_);
  /// Hands the document to the committer once everything before has been written.
  void commit(Particulars particulars, Done done) override EXCLUDES(mutex_);
  /// The executor closes the file, if there is one, since that may take long.
  void abandon() override EXCLUDES(mutex_);

  /// All of the content, while none of it has been given to a file; nothing: some has. Valid until write_out.
  [[nodiscard]] std::optional<std::string_view> content_in_memory() EXCLUDES(mutex_);
  /// Of what has been written, and the SHA-256 of that, for a store with a journal. After write_out.
  [[nodiscard]] std::uint64_t written_bytes() const { return written_bytes_; }
  [[nodiscard]] crypto::Digest digest() { return digest_->finish(); }

  [[nodiscard]] const Particulars& particulars() const { return particulars_; }
  /// Why it cannot be stored, when that is known already.
  [[nodiscard]] std::optional<NotStored> known_failure() EXCLUDES(mutex_);

  /// Writes what is left in memory. Returns the first failure of all writes of this document.
  [[nodiscard]] Result<void, NotStored> write_out() EXCLUDES(mutex_);
  /// Must be called after a successful write_out: an open file with the content. See StagedFile.
  [[nodiscard]] int descriptor() const { return file_->descriptor(); }
  /// Must be called after a successful write_out. See StagedFile.
  [[nodiscard]] Result<void> sync() { return file_->sync(); }
  [[nodiscard]] Result<void> publish(const std::string& name) { return file_->publish(name); }
  /// Drops the content. A file that has not been published is gone when this returns.
  void discard() EXCLUDES(mutex_);

  /// The committer keeps the store alive with this while a task runs.
  [[nodiscard]] const std::shared_ptr<FolderStore>& store() const { return store_; }

 private:
  using Piece = std::vector<std::byte>;

  /// Makes room for `bytes` more in memory, within the budget.
  [[nodiscard]] bool make_room(std::size_t bytes) REQUIRES(mutex_);
  /// The task of the executor: writes as long as something has been gathered, and then does what the worker
  /// has asked for meanwhile.
  void write_gathered() EXCLUDES(mutex_);
  /// The piece that the task writes next. Nothing when the task ends.
  [[nodiscard]] std::optional<Piece> next_piece() EXCLUDES(mutex_);
  void write_piece(const Piece& piece) EXCLUDES(mutex_);
  [[nodiscard]] Result<void> write(Bytes bytes);
  /// Returns the file, which the caller must close after it has released the mutex: that may take long, and
  /// the worker takes the mutex too.
  [[nodiscard]] std::unique_ptr<StagedFile> fail(NotStored failure) REQUIRES(mutex_);
  void forget_gathered() REQUIRES(mutex_);

  const std::shared_ptr<FolderStore> store_;
  const std::uint64_t announced_bytes_;
  Particulars particulars_;  // set by commit

  // These belong to the task while is_writing_, and afterwards to the thread that commits the document.
  std::unique_ptr<StagedFile> file_;
  std::uint64_t written_bytes_ = 0;
  std::optional<crypto::Sha256> digest_;  // of what was written, where the store wants it

  Mutex mutex_;
  Piece gathered_ GUARDED_BY(mutex_);
  Budget::Share memory_ GUARDED_BY(mutex_);
  Budget::Share disk_ GUARDED_BY(mutex_);
  std::optional<NotStored> failure_ GUARDED_BY(mutex_);
  bool is_writing_ GUARDED_BY(mutex_) = false;      // a task has been started and has not ended
  std::function<void()> ready_ GUARDED_BY(mutex_);  // set while the worker waits
  bool is_abandoned_ GUARDED_BY(mutex_) = false;
  Done done_ GUARDED_BY(mutex_);  // set when commit was called while the task was writing
};

}  // namespace bobbin::store

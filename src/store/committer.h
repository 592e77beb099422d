#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "store/document.h"
#include "store/record_watcher.h"

namespace bobbin::store {

/// How a 201 is made durable.
enum class Durability : std::uint8_t {
  automatic,  ///< with a journal where Folder::journal_obstacle() knows nothing against it, else without
  files,      ///< the file and its name are synced before the answer
  journal,    ///< a record in the journal is; the file and its name follow, and recovery makes up for them
};

/// What the file of a document holds.
enum class Layout : std::uint8_t {
  document,  ///< the document
  record,    ///< its record, with the document in it, as it stands in the journal
  segments,  ///< its record and those before and behind it, once they are many or some time has passed
};

/// What a store is to its clients.
struct Inbox {
  std::string name = "upload";  ///< as the records say
  Layout layout = Layout::document;
  [[nodiscard]] bool keeps_records() const { return layout != Layout::document; }
  friend bool operator==(const Inbox&, const Inbox&) = default;
};

/// Turns received documents into durable ones, on the threads of the executor. Thread: any; but prepare() is
/// called by one thread, before anything is submitted.
class Committer {
 public:
  virtual ~Committer() = default;
  /// Looks after what an earlier process has left. The folder is ours.
  [[nodiscard]] virtual Result<void> prepare() = 0;
  /// Takes documents again, after a failed sync, and makes sure that what was acknowledged is on stable
  /// storage. The folder has proved itself since (Folder::prove). What was refused is not stored. After a
  /// failure it may be called again; EBUSY: something is under way, and says nothing of the disk.
  [[nodiscard]] virtual Result<void> reopen() = 0;
  /// Lets go of the folder: waits until nothing is under way any more, and sees to it that everything is on
  /// stable storage under its name, as far as the disk allows; the rest is recovered by whoever prepares the
  /// folder next. Nothing may be submitted until prepare() has been called again. Thread: one that may wait.
  virtual void release() = 0;
  /// Takes a complete document. `done` is told its name, or why it is not stored.
  virtual void submit(std::shared_ptr<Document> document, Document::Done done) = 0;
  /// False after a failed sync.
  [[nodiscard]] virtual bool is_open() const = 0;
  /// Once a second. `store`: keeps this alive while something is done behind the answers.
  virtual void tick(const std::shared_ptr<const void>& store) { static_cast<void>(store); }
  /// Of Layout::segments: how old the first record of a file comes to be until the file is there.
  virtual void set_segment_age(Duration age) { static_cast<void>(age); }
  /// The server stops: everything is to be on stable storage under its name before the executor ends.
  virtual void stop(const std::shared_ptr<const void>& store) { static_cast<void>(store); }
  /// From now on `watcher` is told of the records, and of those that are there; one before is told no more.
  /// Of a committer without records it hears nothing. May wait for a flush.
  virtual void watch(const std::weak_ptr<RecordWatcher>& watcher) { static_cast<void>(watcher); }
  /// Whether there is nothing left to be done behind the answers.
  [[nodiscard]] virtual bool is_at_rest() const { return true; }
};

}  // namespace bobbin::store

#pragma once

#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/sha256.h"
#include "journal/journal.h"
#include "journal/medium.h"
#include "store/key_files.h"

namespace bobbin::store {

/// Whether there was no room, of the file system or of a quota: the device is sound.
[[nodiscard]] inline bool is_out_of_space(const Error& error) {
  return error.code == ENOSPC || error.code == EDQUOT;
}

/// A file that is being written and that nobody can see yet. When it is destroyed before it was published,
/// the file is gone. Thread: one at a time.
class StagedFile {
 public:
  virtual ~StagedFile() = default;
  [[nodiscard]] virtual Result<void> append(Bytes bytes) = 0;
  /// Returns once everything appended is on stable storage. Never call it again after a failure.
  [[nodiscard]] virtual Result<void> sync() = 0;
  /// Gives the file its name, which is durable only after Folder::sync_names. Fails with EEXIST when the name
  /// is taken; the caller may try another one.
  [[nodiscard]] virtual Result<void> publish(const std::string& name) = 0;
  /// An open file with everything appended, to be read from its beginning. Valid as long as this object.
  [[nodiscard]] virtual int descriptor() const = 0;
};

/// Whether this process is the only one that stores in a folder.
enum class Ownership : std::uint8_t {
  ours,
  another_process,  ///< another process stores there, so the folder must be left alone
  unknown,          ///< the file system has no locks
};

/// The folder of stored documents. Everything that is done to it is done through this interface, so that a
/// test can use a folder that fails, waits, or loses what was not synced. Thread: any; but own and prepare
/// are called by one thread at a time, and before anything else.
class Folder {
 public:
  virtual ~Folder() = default;
  /// Claims the folder until this object is destroyed or the process ends, however it ends. This call does
  /// not wait: when another process has the folder, the caller asks again later.
  [[nodiscard]] virtual Result<Ownership> own() = 0;
  /// Lets another process own the folder.
  virtual void disown() = 0;
  /// Removes what an earlier process left unfinished, and tries out what storing needs, so that a folder that
  /// cannot keep the promise is found before anything is promised. Only the owner may call it.
  [[nodiscard]] virtual Result<void> prepare() = 0;
  /// Whether the device stores again, on which a sync has failed: writes, syncs and reads back
  /// (check_device).
  [[nodiscard]] virtual Result<void> prove() = 0;

  [[nodiscard]] virtual Result<std::unique_ptr<StagedFile>> stage() = 0;
  /// Returns once every name published before the call is on stable storage. Never call it again after a
  /// failure.
  [[nodiscard]] virtual Result<void> sync_names() = 0;
  [[nodiscard]] virtual Result<void> remove(const std::string& name) = 0;

  // For a store with a journal. What is hidden is never served.

  /// Where the journal is kept. Nothing: there is none, and it is not to be made.
  [[nodiscard]] virtual Result<std::unique_ptr<journal::Medium>> open_journal(bool make) = 0;
  /// Removes the journal, whose medium is no longer used.
  [[nodiscard]] virtual Result<void> remove_journal() = 0;
  [[nodiscard]] virtual journal::Circumstances circumstances() const = 0;
  /// Why a journal should not be relied on here, as a clause for the operator. Empty: nothing is known
  /// against it.
  [[nodiscard]] virtual std::string journal_obstacle() const = 0;
  /// Returns once everything that was done to the folder and its files before the call is on stable storage.
  /// After a failure a later call says nothing of what was done before: that has to be done again.
  [[nodiscard]] virtual Result<void> sync_everything() = 0;
  /// Where the file is that was given this name: there, unless a consumer has moved it (inbox_folders.h) by
  /// the first call behind prepare(), prove() or look_again().
  [[nodiscard]] virtual std::string place_of(const std::string& name) = 0;
  /// Consumers may have moved files meanwhile.
  virtual void look_again() = 0;
  /// The SHA-256 of a file. Nothing: there is none of this name.
  [[nodiscard]] virtual Result<std::optional<crypto::Digest>> digest_of(const std::string& name) = 0;
  /// Writes to a file what it holds as far as can be seen, and returns once that is on stable storage: when a
  /// sync has failed, the kernel may show pages that the disk does not have. Readers notice nothing.
  [[nodiscard]] virtual Result<void> write_again(const std::string& name, Bytes content) = 0;
  /// Takes a file out of the way, into a hidden folder, where an operator can look at it.
  [[nodiscard]] virtual Result<void> set_aside(const std::string& name) = 0;
  /// What StagedFile::publish gives a name that nobody sees, for a document of this name.
  [[nodiscard]] static std::string hidden_name(const std::string& name) { return ".bobbin/large/" + name; }
  /// Removes all hidden names. Their documents have their own by now, or are wanted by nobody.
  [[nodiscard]] virtual Result<void> remove_hidden_names() = 0;
  /// Returns once the hidden names are on stable storage.
  [[nodiscard]] virtual Result<void> sync_hidden_names() = 0;
  /// Gives a file that has a hidden name its own one as well. EEXIST when that is taken, ENOENT when there is
  /// no such file.
  [[nodiscard]] virtual Result<void> publish_hidden(const std::string& name) = 0;

  /// Where the keys of documents are kept: see KnownDocuments. The folder outlives the result.
  [[nodiscard]] virtual std::unique_ptr<KeyFiles> key_files() = 0;

  /// For messages.
  [[nodiscard]] virtual const std::string& path() const = 0;
  /// The device on which the folder lies (st_dev): tasks that wait for one device do not hold up another.
  [[nodiscard]] virtual std::uint64_t device() const = 0;
};

}  // namespace bobbin::store

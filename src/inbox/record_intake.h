#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "inbox/record_folders.h"
#include "os/fd.h"
#include "store/directory_folder.h"

namespace bobbin::inbox {

/// Puts records into the `new` of an inbox, as a server does, and as its only process that does so. Errors
/// are messages. Thread: one at a time, unless it is said otherwise.
class RecordIntake {
 public:
  /// Makes the inbox and its folders where they are missing. Fails where another process stores there, be it
  /// a server or another intake. Where the file system has no locks, nobody knows.
  [[nodiscard]] static Result<RecordIntake, std::string> open(const std::string& path);

  /// The directory of the inbox.
  [[nodiscard]] const os::Fd& directory() const { return directory_; }

  /// Whether there is a record of this name in one of the folders.
  [[nodiscard]] Result<bool, std::string> has(const std::string& name) const;
  /// The content of a record, on stable storage, for put(). Thread: any, several at a time.
  [[nodiscard]] Result<std::unique_ptr<store::StagedFile>, std::string> stage(std::string_view text) const;
  /// Puts a record into `new`; its name is on stable storage with the next sync(). One that has() already is
  /// left as it is.
  [[nodiscard]] Result<void, std::string> put(const std::string& name, store::StagedFile& file) const;
  [[nodiscard]] Result<void, std::string> sync();

 private:
  RecordIntake(std::unique_ptr<store::DirectoryFolder> store, os::Fd directory, RecordFolders folders)
      : store_(std::move(store)), directory_(std::move(directory)), folders_(std::move(folders)) {}

  std::unique_ptr<store::DirectoryFolder> store_;
  os::Fd directory_;
  RecordFolders folders_;
};

}  // namespace bobbin::inbox

#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "feed/packed_name.h"
#include "journal/entry.h"
#include "os/directory.h"
#include "os/fd.h"

namespace bobbin::feed {

/// A record as it stands in its file, whole: its check, the size and the SHA-256 of its document are right.
/// Immutable.
class WholeRecord {
 public:
  /// `entry`: a record's file behind journal::kEntryBegin. Null: it is no whole record, or not all of it is.
  [[nodiscard]] static std::unique_ptr<const WholeRecord> of(std::string entry);
  WholeRecord(const WholeRecord&) = delete;
  WholeRecord& operator=(const WholeRecord&) = delete;

  [[nodiscard]] const journal::Record& record() const {
    return std::get<journal::Record>(read_.entry.content);
  }
  [[nodiscard]] std::string_view entry() const { return entry_; }     ///< as it stands in the journal
  [[nodiscard]] std::string_view text() const { return read_.text; }  ///< as in the file, with a line feed
  /// Before the document: what is known of it and of its request.
  [[nodiscard]] std::string_view head() const { return read_.head; }
  /// As a JSON text: the document, or if it is binary a string in base64.
  [[nodiscard]] std::string_view body() const { return read_.body; }

 private:
  explicit WholeRecord(std::string entry) : entry_(std::move(entry)) {}

  const std::string entry_;
  journal::ReadEntry read_;  // refers to entry_
};

/// The files of an inbox, in whichever folder a consumer has moved them. Every call waits for the disk.
/// Thread: any.
class RecordFiles {
 public:
  /// `directory`: that of the inbox, with its folders.
  [[nodiscard]] static Result<std::unique_ptr<RecordFiles>> open(const std::string& directory);

  /// The file of a record. Nothing: it is in none of the folders. After a failure it may be there.
  [[nodiscard]] Result<std::optional<os::Fd>> find(const std::string& name) const;
  /// All names, in their order, each once. A name that is moved meanwhile is among them.
  [[nodiscard]] Result<std::vector<PackedName>> names() const;

 private:
  explicit RecordFiles(std::array<os::Fd, 4> folders) : folders_(std::move(folders)) {}
  /// Calls `visit` with each name in a folder.
  [[nodiscard]] Result<void> each_name(std::size_t folder,
                                       const std::function<void(std::string_view name)>& visit) const;
  [[nodiscard]] Result<std::optional<os::Fd>> find_once(const std::string& name) const;

  const std::array<os::Fd, 4> folders_;  // as kInboxFolders
};

/// What find() has found. Null: it is not whole.
[[nodiscard]] Result<std::unique_ptr<const WholeRecord>> read_whole(const os::Fd& file);
/// Which record it is, without a look at its document. `epoch` is kept in `buffer`. Nothing: it is none.
[[nodiscard]] Result<std::optional<journal::RecordPosition>> read_position(const os::Fd& file,
                                                                           std::string& buffer);

}  // namespace bobbin::feed

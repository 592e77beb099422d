#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "journal/entry.h"
#include "os/fd.h"

namespace bobbin::inbox {

/// More than any file of records has: a segment of the journal has 16 MiB.
inline constexpr std::uint64_t kMostRecordFileBytes = 32UL * 1024 * 1024;

/// What stands in a file of records.
struct RecordFile {
  journal::Record first;
  std::string epoch;  ///< of the journal that had them
  std::uint64_t records = 1;
  std::uint64_t last_sequence = 0;
  std::uint64_t document_bytes = 0;  ///< of all of them together
};

/// Of which `text` is the file, whole: a JSON object of which the check, the size and the SHA-256 of the
/// document are right, with a line feed behind it and nothing else; or a JSON text sequence (RFC 7464) of
/// such objects with ascending sequences. The error says what is not; it continues "the file is not whole: ".
[[nodiscard]] Result<RecordFile, std::string> record_file_in(std::string_view text);

/// The same of an open file, which is read from its beginning. It may be one that a power cut has left.
[[nodiscard]] Result<RecordFile, std::string> read_record_file(const os::Fd& file);

/// The text of an open file, from its beginning. It fails as read_record_file does.
[[nodiscard]] Result<std::string, std::string> read_whole_records(const os::Fd& file);

/// All that stands in a file of records.
class FiledRecords {
 public:
  /// Reads an open file from its beginning. It fails as read_record_file does.
  [[nodiscard]] static Result<FiledRecords, std::string> read(const os::Fd& file);

  /// In order; at least one. They refer to this object, wherever it is moved.
  [[nodiscard]] const std::vector<journal::ReadEntry>& entries() const { return entries_; }

 private:
  explicit FiledRecords(std::vector<char> text) : text_(std::move(text)) {}
  std::vector<char> text_;  // and no string, whose bytes may move with it
  std::vector<journal::ReadEntry> entries_;
};

}  // namespace bobbin::inbox

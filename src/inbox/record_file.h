#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "journal/entry.h"
#include "os/fd.h"

namespace bobbin::inbox {

/// What stands in a file of records.
struct RecordFile {
  journal::Record first;
  std::uint64_t records = 1;
  std::uint64_t document_bytes = 0;  ///< of all of them together
};

/// Of which `text` is the file, whole: a JSON object of which the check, the size and the SHA-256 of the
/// document are right, with a line feed behind it and nothing else; or a JSON text sequence (RFC 7464) of
/// such objects with ascending sequences. The error says what is not; it continues "the file is not whole: ".
[[nodiscard]] Result<RecordFile, std::string> record_file_in(std::string_view text);

/// The same of an open file, which is read from its beginning. It may be one that a power cut has left.
[[nodiscard]] Result<RecordFile, std::string> read_record_file(const os::Fd& file);

}  // namespace bobbin::inbox

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "journal/entry.h"
#include "os/fd.h"

namespace bobbin::inbox {

/// The record of which `text` is the file, whole: a JSON object of which the check, the size and the SHA-256
/// of the document are right, with a line feed behind it and nothing else. The error says what is not; it
/// continues "the file is not whole: ".
[[nodiscard]] Result<journal::Record, std::string> record_in(std::string_view text);

/// The same of an open file, which is read from its beginning. It may be one that a power cut has left.
[[nodiscard]] Result<journal::Record, std::string> read_record(const os::Fd& file);

}  // namespace bobbin::inbox

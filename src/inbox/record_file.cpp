#include "inbox/record_file.h"

#include <cstdint>
#include <fmt/format.h>
#include <span>
#include <utility>
#include <variant>

#include "base/bytes.h"
#include "inbox/text.h"
#include "os/file.h"

namespace bobbin::inbox {
namespace {

// More than the file of any record has: its document has 4 MiB at most, and what stands before it is bounded.
constexpr std::uint64_t kMostRecordBytes = 8UL * 1024 * 1024;

}  // namespace

Result<journal::Record, std::string> record_in(std::string_view text) {
  if (text.empty()) return failure(std::string("it is empty"));
  if (text.find_first_not_of('\0') == std::string_view::npos)
    return failure(std::string("it holds zeros only"));
  const std::string entry = journal::kEntryBegin + std::string(text);
  auto read = journal::read_entry(entry);
  auto* const record = read ? std::get_if<journal::Record>(&read->entry.content) : nullptr;
  if (record == nullptr)
    return failure(
        std::string("it is no record, or its size, its SHA-256 or its check is not that of its content"));
  if (!record->has_body || !record->is_whole_file)
    return failure(std::string("it is a record without its document"));
  if (read->size != entry.size()) return failure(std::string("there is more in it than the record"));
  return std::move(*record);
}

Result<journal::Record, std::string> read_record(const os::Fd& file) {
  const auto status = os::status(file);
  if (!status) return failure(reason_of(status.error()));
  if (status->size_bytes > kMostRecordBytes)
    return failure(fmt::format("it has {} bytes, which is more than any record", status->size_bytes));
  std::string text(status->size_bytes, '\0');
  const auto count = os::read_at(file, std::as_writable_bytes(std::span(text)), 0);
  if (!count) return failure(reason_of(count.error()));
  return record_in(std::string_view(text).substr(0, *count));
}

}  // namespace bobbin::inbox

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

// More than any file of records has: a segment of the journal has 16 MiB.
constexpr std::uint64_t kMostBytes = 32UL * 1024 * 1024;

/// The record with which `entries` begin, and how many bytes it takes there.
Result<std::pair<journal::Record, std::size_t>, std::string> record_at_the_beginning(
    std::string_view entries) {
  auto read = journal::read_entry(entries);
  auto* const record = read ? std::get_if<journal::Record>(&read->entry.content) : nullptr;
  if (record == nullptr)
    return failure(
        std::string("it is no record, or its size, its SHA-256 or its check is not that of its content"));
  if (!record->has_body || !record->is_whole_file)
    return failure(std::string("it is a record without its document"));
  return std::pair(std::move(*record), read->size);
}

Result<RecordFile, std::string> one_record_in(std::string_view text) {
  const std::string entry = journal::kEntryBegin + std::string(text);
  auto [record, size] = TRY(record_at_the_beginning(entry));
  if (size != entry.size()) return failure(std::string("there is more in it than the record"));
  const std::uint64_t bytes = record.size_bytes;
  return RecordFile{.first = std::move(record), .document_bytes = bytes};
}

Result<RecordFile, std::string> sequence_in(std::string_view entries) {
  RecordFile file{.first = {}, .records = 0};
  std::uint64_t last = 0;
  while (!entries.empty()) {
    auto next = record_at_the_beginning(entries);
    if (!next)
      return failure(fmt::format("of its records the one at position {} is not whole: {}", file.records + 1,
                                 next.error()));
    auto& [record, size] = *next;
    if (record.sequence <= last)
      return failure(fmt::format("the record {} stands behind the record {}", record.sequence, last));
    last = record.sequence;
    file.document_bytes += record.size_bytes;
    if (file.records++ == 0) file.first = std::move(record);
    entries.remove_prefix(size);
  }
  return file;
}

}  // namespace

Result<RecordFile, std::string> record_file_in(std::string_view text) {
  if (text.empty()) return failure(std::string("it is empty"));
  if (text.find_first_not_of('\0') == std::string_view::npos)
    return failure(std::string("it holds zeros only"));
  return text.front() == journal::kEntryBegin ? sequence_in(text) : one_record_in(text);
}

Result<RecordFile, std::string> read_record_file(const os::Fd& file) {
  const auto status = os::status(file);
  if (!status) return failure(reason_of(status.error()));
  if (status->size_bytes > kMostBytes)
    return failure(
        fmt::format("it has {} bytes, which is more than any file of records", status->size_bytes));
  std::string text(status->size_bytes, '\0');
  const auto count = os::read_at(file, std::as_writable_bytes(std::span(text)), 0);
  if (!count) return failure(reason_of(count.error()));
  return record_file_in(std::string_view(text).substr(0, *count));
}

}  // namespace bobbin::inbox

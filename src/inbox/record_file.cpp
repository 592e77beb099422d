#include "inbox/record_file.h"

#include <cstdint>
#include <fmt/format.h>
#include <functional>
#include <span>
#include <utility>
#include <variant>

#include "base/bytes.h"
#include "inbox/text.h"
#include "os/file.h"

namespace bobbin::inbox {
namespace {

/// The record with which `entries` begin.
Result<journal::ReadEntry, std::string> record_at_the_beginning(std::string_view entries) {
  auto read = journal::read_entry(entries);
  const auto* const record = read ? std::get_if<journal::Record>(&read->entry.content) : nullptr;
  if (record == nullptr)
    return failure(
        std::string("it is no record, or its size, its SHA-256 or its check is not that of its content"));
  if (!record->has_body || !record->is_whole_file)
    return failure(std::string("it is a record without its document"));
  return *std::move(read);
}

/// Hands each record in `entries`, which is the whole of a file behind a kEntryBegin, to `take`.
Result<void, std::string> read_each(std::string_view entries, bool is_sequence,
                                    const std::function<void(journal::ReadEntry)>& take) {
  std::uint64_t last = 0;
  for (std::uint64_t position = 1; !entries.empty(); ++position) {
    auto next = record_at_the_beginning(entries);
    if (!next && !is_sequence) return failure(next.error());
    if (!next)
      return failure(
          fmt::format("of its records the one at position {} is not whole: {}", position, next.error()));
    if (!is_sequence && next->size != entries.size())
      return failure(std::string("there is more in it than the record"));
    const std::uint64_t sequence = std::get<journal::Record>(next->entry.content).sequence;
    if (sequence <= last)
      return failure(fmt::format("the record {} stands behind the record {}", sequence, last));
    last = sequence;
    entries.remove_prefix(next->size);
    take(*std::move(next));
  }
  return {};
}

/// Why no file of records looks like this; empty: one may.
std::string problem_at_first_sight(std::string_view text) {
  if (text.empty()) return "it is empty";
  return text.find_first_not_of('\0') == std::string_view::npos ? "it holds zeros only" : "";
}

bool is_sequence(std::string_view text) { return text.starts_with(journal::kEntryBegin); }

Result<std::string, std::string> content_of(const os::Fd& file) {
  const auto status = os::status(file);
  if (!status) return failure(reason_of(status.error()));
  if (status->size_bytes > kMostRecordFileBytes)
    return failure(
        fmt::format("it has {} bytes, which is more than any file of records", status->size_bytes));
  std::string text(status->size_bytes, '\0');
  const auto count = os::read_at(file, std::as_writable_bytes(std::span(text)), 0);
  if (!count) return failure(reason_of(count.error()));
  text.resize(*count);
  return text;
}

}  // namespace

Result<RecordFile, std::string> record_file_in(std::string_view text) {
  if (std::string problem = problem_at_first_sight(text); !problem.empty())
    return failure(std::move(problem));
  RecordFile file{.first = {}, .epoch = {}, .records = 0};
  const auto take = [&file](journal::ReadEntry read) {
    auto& record = std::get<journal::Record>(read.entry.content);
    file.document_bytes += record.size_bytes;
    file.last_sequence = record.sequence;
    if (file.records++ == 0) {
      file.epoch = std::move(read.entry.epoch);
      file.first = std::move(record);
    }
  };
  if (is_sequence(text)) {
    TRY(read_each(text, true, take));
  } else {
    const std::string entry = journal::kEntryBegin + std::string(text);
    TRY(read_each(entry, false, take));
  }
  return file;
}

Result<RecordFile, std::string> read_record_file(const os::Fd& file) {
  const std::string text = TRY(content_of(file));
  return record_file_in(text);
}

Result<std::string, std::string> read_whole_records(const os::Fd& file) {
  std::string text = TRY(content_of(file));
  static_cast<void>(TRY(record_file_in(text)));
  return text;
}

Result<FiledRecords, std::string> FiledRecords::read(const os::Fd& file) {
  const std::string text = TRY(content_of(file));
  if (std::string problem = problem_at_first_sight(text); !problem.empty())
    return failure(std::move(problem));
  std::vector<char> all;
  all.reserve(text.size() + 1);
  if (!is_sequence(text)) all.push_back(journal::kEntryBegin);
  all.insert(all.end(), text.begin(), text.end());
  FiledRecords records(std::move(all));
  TRY(read_each({records.text_.data(), records.text_.size()}, is_sequence(text),
                [&records](journal::ReadEntry read) { records.entries_.push_back(std::move(read)); }));
  return records;
}

}  // namespace bobbin::inbox

#include "inbox/record_list.h"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "crypto/sha256.h"
#include "inbox/record_file.h"
#include "inbox/text.h"

namespace bobbin::inbox {
namespace {

constexpr int kTimeColumns = 27;

/// As in the record: RFC 3339, in UTC.
std::string time_text(WallTime time) {
  const auto second = std::chrono::floor<seconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", second,
                     std::chrono::duration_cast<std::chrono::microseconds>(time - second).count());
}

using ReadRecord = Result<journal::Record, std::string>;

std::string text_line(const RecordPlace& place, const ReadRecord& record) {
  if (!record) return fmt::format("{:>8}  {:<{}}  {:>8}  {}\n", '-', '-', kTimeColumns, '-', place.name);
  return fmt::format("{:>8}  {:<{}}  {:>8}  {}\n", record->sequence, time_text(record->received),
                     kTimeColumns, record->size_bytes, place.name);
}

std::string json_line(const RecordPlace& place, const ReadRecord& record) {
  std::string line = "{";
  append_string(line, "folder", name_of(place.folder));
  line += ',';
  append_string(line, "file", place.name);
  if (const auto claim = claim_in(place.name)) {
    line += ',';
    append_string(line, "consumer", claim->consumer);
  }
  append(line, ",\"whole\":{}", record.has_value());
  if (record) {
    append(line, ",\"sequence\":{},", record->sequence);
    append_string(line, "id", record->id);
    append(line, ",\"received\":\"{}\",\"size\":{},\"sha256\":\"{}\"", time_text(record->received),
           record->size_bytes, crypto::hex_of(record->digest));
  }
  return line + "}\n";
}

}  // namespace

Result<void, std::string> list_records(const RecordFolders& folders, RecordFolder folder, ListForm form,
                                       const std::function<bool(std::string_view)>& write,
                                       const Report& report) {
  for (const std::string& name : TRY(folders.names(folder))) {
    const RecordPlace place{folder, name};
    const auto file = folders.open_file(place);
    if (!file && file.error().code == ENOENT) continue;
    const ReadRecord record = file ? read_record(*file) : ReadRecord(failure(opening_problem(file.error())));
    if (!record) report(fmt::format("{} is not whole: {}", place.text(), record.error()));
    if (!write(form == ListForm::json ? json_line(place, record) : text_line(place, record))) break;
  }
  return {};
}

}  // namespace bobbin::inbox

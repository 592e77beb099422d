#include "inbox/record_list.h"

#include <cerrno>
#include <cstdint>
#include <fmt/format.h>

#include "base/utc_time.h"
#include "crypto/sha256.h"
#include "inbox/record_file.h"
#include "inbox/text.h"
#include "store/document_name.h"

namespace bobbin::inbox {
namespace {

constexpr int kTimeColumns = 27;

using ReadFile = Result<RecordFile, std::string>;

std::string text_line(const RecordPlace& place, const ReadFile& file) {
  if (!file) return fmt::format("{:>8}  {:<{}}  {:>8}  {}\n", '-', '-', kTimeColumns, '-', place.name);
  return fmt::format("{:>8}  {:<{}}  {:>8}  {}\n", file->first.sequence, utc_text(file->first.received),
                     kTimeColumns, file->document_bytes, place.name);
}

std::string json_line(const RecordPlace& place, const ReadFile& file) {
  const bool is_segment = place.name.ends_with(store::kSegmentEnding);
  std::string line = "{";
  append_string(line, "folder", name_of(place.folder));
  line += ',';
  append_string(line, "file", place.name);
  if (const auto claim = claim_in(place.name)) {
    line += ',';
    append_string(line, "consumer", claim->consumer);
  }
  append(line, ",\"whole\":{}", file.has_value());
  if (file && is_segment) {
    append(line, ",\"sequence\":{},\"records\":{},\"received\":\"{}\",\"size\":{}", file->first.sequence,
           file->records, utc_text(file->first.received), file->document_bytes);
  } else if (file) {
    append(line, ",\"sequence\":{},", file->first.sequence);
    append_string(line, "id", file->first.id);
    append(line, ",\"received\":\"{}\",\"size\":{},\"sha256\":\"{}\"", utc_text(file->first.received),
           file->document_bytes, crypto::hex_of(file->first.digest));
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
    const ReadFile record = file ? read_record_file(*file) : ReadFile(failure(opening_problem(file.error())));
    if (!record) report(fmt::format("{} is not whole: {}", place.text(), record.error()));
    if (!write(form == ListForm::json ? json_line(place, record) : text_line(place, record))) break;
  }
  return {};
}

}  // namespace bobbin::inbox

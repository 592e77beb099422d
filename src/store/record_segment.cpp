#include "store/record_segment.h"

#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "crypto/sha256.h"
#include "journal/entry.h"
#include "store/document_name.h"

namespace bobbin::store {

using journal::OpenRecord;

void RecordSegment::add(Part part, std::uint64_t last_sequence) {
  last = last_sequence;
  if (!parts.empty() && parts.back().end == part.begin)
    parts.back().end = part.end;
  else
    parts.push_back(part);
}

Result<void> RecordSegment::publish(const std::string& segment, Folder& folder) const {
  const auto file = TRY(folder.stage());
  for (const Part& part : parts)
    TRY(file->append(as_bytes(std::string_view(segment).substr(part.begin, part.end - part.begin))));
  TRY(file->sync());
  return file->publish(name);
}

std::vector<OpenRecord> joined_by_file(std::vector<OpenRecord> records) {
  std::vector<OpenRecord> files;
  for (OpenRecord& each : records) {
    if (!each.record.name.ends_with(kSegmentEnding)) {
      files.push_back(std::move(each));
      continue;
    }
    const bool is_first = files.empty() || files.back().record.name != each.record.name;
    each.content.insert(each.content.begin(), journal::kEntryBegin);
    if (is_first) {
      files.push_back(std::move(each));
      continue;
    }
    OpenRecord& file = files.back();
    file.content += each.content;
    file.record.sequence = each.record.sequence;
    file.is_published = each.is_published;
  }
  return files;
}

}  // namespace bobbin::store

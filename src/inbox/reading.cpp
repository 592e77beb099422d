#include "inbox/reading.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <variant>

namespace bobbin::inbox {
namespace {

using journal::ReadEntry;
using journal::Record;
using journal::SegmentBegin;

const Record* record_in(const ReadEntry& read) { return std::get_if<Record>(&read.entry.content); }

/// Takes what the journal has given up out of the list: the last segment goes on in the next one from the
/// entry with this digest.
void go_on_from(const crypto::Digest& previous, std::uint64_t segment, Reading& reading) {
  if (reading.entries.empty()) return;  // what was before has been taken out
  const auto last = std::find_if(reading.entries.rbegin(), reading.entries.rend(),
                                 [&](const ListedEntry& entry) { return entry.read.receipt == previous; });
  const bool goes_on_from_the_same = reading.entries.front().read.entry.previous == previous;
  if (last == reading.entries.rend() && !goes_on_from_the_same) {
    reading.gaps.push_back(segment);
    return;
  }
  reading.given_up += static_cast<std::uint64_t>(
      std::count_if(last.base(), reading.entries.end(),
                    [](const ListedEntry& entry) { return record_in(entry.read) != nullptr; }));
  reading.entries.erase(last.base(), reading.entries.end());
}

/// How many intact records behind the checkpoint stand somewhere in these bytes.
std::uint64_t records_in(std::string_view bytes, const journal::History& history) {
  std::uint64_t records = 0;
  for (std::size_t at = bytes.find(journal::kEntryBegin); at != std::string_view::npos;
       at = bytes.find(journal::kEntryBegin, at + 1)) {
    const auto read = journal::read_entry(bytes.substr(at));
    const Record* record = read ? record_in(*read) : nullptr;
    const bool is_of_this = history.epoch.empty() || (read && read->entry.epoch == history.epoch);
    if (record != nullptr && is_of_this && record->sequence > history.checkpoint) ++records;
  }
  return records;
}

/// Whether something was written behind the beginning of this segment, and not only left of an earlier use.
bool goes_on(std::string_view bytes, const ReadEntry& begin) {
  const auto next = journal::read_entry(bytes.substr(begin.size));
  return next && next->entry.previous == begin.receipt;
}

OddSegment judge(const SegmentFile& file, const journal::History& history) {
  using Kind = OddSegment::Kind;
  OddSegment odd{.number = file.number};
  if (!file.problem.empty()) {
    odd.kind = Kind::unreadable;
    return odd;
  }
  odd.records = records_in(file.bytes, history);
  const auto first = journal::read_entry(file.bytes);
  const bool has_begun = first && std::holds_alternative<SegmentBegin>(first->entry.content);
  if (has_begun && !history.epoch.empty() && first->entry.epoch != history.epoch)
    odd.kind = Kind::other_epoch;
  else if (has_begun && goes_on(file.bytes, *first))
    odd.kind = Kind::misnamed;
  else if (odd.records > 0 || (!has_begun && file.bytes.find(journal::kEntryBegin) == std::string::npos))
    odd.kind = Kind::headless;
  return odd;
}

}  // namespace

std::unique_ptr<Reading> read(JournalFiles files) {
  auto reading = std::make_unique<Reading>();
  reading->files = std::move(files);
  std::uint64_t segment = 0;
  journal::HistoryReader reader([&](const ReadEntry& read, std::string_view text) {
    if (std::holds_alternative<SegmentBegin>(read.entry.content))
      go_on_from(read.entry.previous, segment, *reading);
    reading->entries.push_back({.read = read, .text = text, .segment = segment});
  });
  std::vector<const SegmentFile*> odd;
  for (const SegmentFile& file : reading->files.segments) {
    segment = file.number;
    if (!reader.add(file.number, file.bytes)) odd.push_back(&file);
  }
  reading->history = std::move(reader).finish();
  for (const SegmentFile* file : odd) reading->odd_segments.push_back(judge(*file, reading->history));
  return reading;
}

}  // namespace bobbin::inbox

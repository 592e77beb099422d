#include "inbox/verification.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

#include "inbox/reading.h"
#include "inbox/record_name.h"
#include "journal/directory_medium.h"
#include "journal/journal.h"
#include "store/document_name.h"

namespace bobbin::inbox {
namespace {

using journal::Journal;
using State = DocumentState;

constexpr std::string_view kReturnFiles =
    "Put the file back from a backup of the folder, and verify again. Without one, the records in it are "
    "lost; their documents may be there as files.";

std::string range_text(const journal::Damage& damage) {
  if (damage.first == damage.last) return fmt::format("the record {}", damage.first);
  return fmt::format("the records {} to {}", damage.first, damage.last);
}

std::string segment_text(std::uint64_t number) { return journal::segment_name(number); }

// ---- the journal ----

void add_damage(Verification& result) {
  for (const journal::Damage& damage : result.damage)
    result.findings.push_back(
        {.id = "damage",
         .text = fmt::format("The disk has lost {}, which had been flushed. Their files may be there.",
                             range_text(damage)),
         .remedy = "Look at the disk, and keep a copy of the folder. The server does not start with this "
                   "journal: to go on without these records, move .bobbin/journal elsewhere and keep it."});
  for (const journal::Damage& damage : result.damage_before_checkpoint)
    result.findings.push_back(
        {.id = "old-damage",
         .text = fmt::format("The journal no longer has {}. No document depends on them: the checkpoint {} "
                             "says that their files were on stable storage.",
                             range_text(damage), result.checkpoint),
         .remedy =
             "Look at the disk. After a power cut a segment that had been taken out may be there again, "
             "which does no harm; the next start of the server takes it out."});
}

void add_gaps(const Reading& reading, Verification& result) {
  for (const std::uint64_t number : reading.gaps)
    result.findings.push_back(
        {.id = "gap",
         .text = fmt::format("The chain of receipts is broken before {}: the entry from which this segment "
                             "goes on is not there.",
                             segment_text(number)),
         .remedy =
             "A segment before it is missing, or was altered or exchanged. Compare .bobbin/journal with "
             "a backup of it."});
}

Finding finding_of(const OddSegment& odd, const std::string& problem) {
  const std::string name = segment_text(odd.number);
  const std::string records = odd.records == 0
                                  ? ""
                                  : fmt::format(" It holds {} intact {} that nobody sees there.", odd.records,
                                                odd.records == 1 ? "record" : "records");
  switch (odd.kind) {
    case OddSegment::Kind::unreadable:
      return {.id = "unreadable-segment",
              .text = fmt::format("{} cannot be read: {}.", name, problem),
              .remedy = std::string(kReturnFiles)};
    case OddSegment::Kind::other_epoch:
      return {.id = "foreign-segment",
              .text = fmt::format("{} belongs to another journal.{}", name, records),
              .remedy = "Move it elsewhere, and look for the segment that was there before."};
    case OddSegment::Kind::misnamed:
      return {.id = "misnamed-segment",
              .text = fmt::format("{} is another segment of this journal.{}", name, records),
              .remedy =
                  "Two files have been exchanged, or one was renamed: each segment says its number in "
                  "its first line. Stop the server, give the files their names back and verify again."};
    case OddSegment::Kind::headless:
    case OddSegment::Kind::left_over: break;
  }
  return {.id = "headless-segment",
          .text = fmt::format("{} does not begin as a segment does.{}", name, records),
          .remedy = std::string(kReturnFiles)};
}

void add_odd_segments(const Reading& reading, Verification& result) {
  for (const OddSegment& odd : reading.odd_segments) {
    if (odd.kind == OddSegment::Kind::left_over) {
      result.notes.push_back(
          fmt::format("{} was taken out and is there again after a power cut; nothing in it "
                      "is needed",
                      segment_text(odd.number)));
      continue;
    }
    const auto file = std::ranges::find(reading.files.segments, odd.number, &SegmentFile::number);
    result.findings.push_back(finding_of(odd, file->problem));
  }
}

/// Every segment is as large as it was made. What was cut off shows nowhere else when it was the end.
void add_cut_segments(const Reading& reading, Verification& result) {
  for (const SegmentFile& file : reading.files.segments)
    if (file.problem.empty() && file.size_bytes < Journal::kSegmentBytes)
      result.findings.push_back(
          {.id = "cut-segment",
           .text = fmt::format("{} was cut: it has {} bytes, and was made with {}.",
                               segment_text(file.number), file.size_bytes, Journal::kSegmentBytes),
           .remedy = std::string(kReturnFiles)});
}

void add_journal(const Reading& reading, Verification& result) {
  const journal::History& history = reading.history;
  result.epoch = history.epoch;
  result.entries = reading.entries.size();
  result.checkpoint = history.checkpoint;
  result.behind_checkpoint = history.open.size();
  result.given_up = reading.given_up;
  result.is_in_doubt = history.is_in_doubt;
  result.damage = history.damage;
  result.damage_before_checkpoint = history.damage_before_checkpoint;
  result.chain_holds =
      reading.gaps.empty() && history.damage.empty() && history.damage_before_checkpoint.empty();
  for (const SegmentFile& file : reading.files.segments)
    result.segments.push_back({.number = file.number, .size_bytes = file.size_bytes});
  for (const ListedEntry& entry : reading.entries)
    ++std::ranges::find(result.segments, entry.segment, &VerifiedSegment::number)->entries;
  for (const std::string& name : reading.files.others)
    result.notes.push_back(fmt::format(".bobbin/journal has a file that is none of bobbin's: {}", name));
  if (reading.files.segments.empty())
    result.findings.push_back(
        {.id = "no-segment",
         .text = "The journal has no segment.",
         .remedy = "Unless the server is just making its first one, somebody has removed them. Put them back "
                   "from a backup of the folder."});
  add_damage(result);
  add_gaps(reading, result);
  add_odd_segments(reading, result);
  add_cut_segments(reading, result);
  if (history.is_in_doubt)
    result.findings.push_back(
        {.id = "doubt",
         .text = "A sync of documents behind the checkpoint has failed: their files may look whole and be "
                 "lost on the disk.",
         .remedy = "Look at the disk. The server writes them once more from the journal before it takes "
                   "documents again, or at its next start."});
}

// ---- the documents ----

/// What the journal says of its records besides themselves.
struct Progress {
  std::set<std::uint64_t> withdrawn;  // or of a bundle that is not complete
  std::uint64_t named = 0;            // through this sequence documents have been given their names
};

Progress progress_of(const Reading& reading) {
  const auto& unfinished = reading.history.unfinished;
  Progress progress{.withdrawn = {unfinished.begin(), unfinished.end()}, .named = reading.history.checkpoint};
  for (const ListedEntry& entry : reading.entries) {
    const auto& content = entry.read.entry.content;
    if (const auto* withdrawal = std::get_if<journal::Withdrawal>(&content))
      progress.withdrawn.insert(withdrawal->sequence);
    else if (const auto* published = std::get_if<journal::Published>(&content))
      progress.named = std::max(progress.named, published->through);
  }
  return progress;
}

using Places = std::unordered_map<std::string, std::string>;

/// Of the file of a record, wherever a consumer has moved it. Nothing: there is none.
Result<std::optional<crypto::Digest>> digest_of(const VerifiedRecord& record, const UploadFolder& folder,
                                                const Places& places) {
  if (!record.is_whole_file || !record.name.starts_with(kNewRecords)) return folder.digest_of(record.name);
  const auto place = places.find(record.name.substr(kNewRecords.size()));
  if (place == places.end()) return std::nullopt;
  return folder.digest_at_place(place->second);
}

State state_of(const VerifiedRecord& record, const UploadFolder& folder, const Places& places,
               const Progress& progress) {
  if (progress.withdrawn.contains(record.sequence)) return State::withdrawn;
  const auto found = digest_of(record, folder, places);
  if (!found) return State::unreadable;
  if (*found) return **found == record.file_digest ? State::as_stored : State::different;
  if (record.sequence <= progress.named) return State::missing;
  return record.has_body || folder.has_hidden_name(record.name) ? State::not_named_yet : State::lost;
}

std::string place_text(const VerifiedRecord& record) {
  return fmt::format("{} (record {})", record.name, record.sequence);
}

std::vector<std::string> places(const Verification& result, State state, bool is_behind_checkpoint) {
  std::vector<std::string> places;
  for (const VerifiedRecord& record : result.records)
    if (record.state == state && (record.sequence > result.checkpoint) == is_behind_checkpoint)
      places.push_back(place_text(record));
  return places;
}

void add_documents_finding(Verification& result, State state, bool is_behind_checkpoint, Finding finding) {
  finding.id = id_of(state);
  finding.places = places(result, state, is_behind_checkpoint);
  if (!finding.places.empty()) result.findings.push_back(std::move(finding));
}

void add_document_findings(Verification& result) {
  add_documents_finding(
      result, State::different, true,
      {.text = "Files that are not what was stored, behind the checkpoint.",
       .remedy = "After a power cut the next start of the server sets them aside in .bobbin/replaced and "
                 "publishes the documents again. Without one, somebody has written to them."});
  add_documents_finding(
      result, State::different, false,
      {.text = "Files that are not what was stored.",
       .remedy =
           "Somebody has written to them, or the disk has lost them. bobbin inbox cat DIR --bodies --from "
           "SEQUENCE prints what was stored."});
  for (const bool is_behind_checkpoint : {true, false}) {
    add_documents_finding(result, State::unreadable, is_behind_checkpoint,
                          {.text = "Files that cannot be read.",
                           .remedy = "Look at what has these names and who may read it; run this as the user "
                                     "of the server."});
    add_documents_finding(result, State::lost, is_behind_checkpoint,
                          {.text = "Large documents whose file is not there under any name.",
                           .remedy = "Look at the disk. Their size and digest are in the journal, their "
                                     "content is not."});
  }
}

/// Of the files that hold many records, by their names.
std::map<std::string, crypto::Digest> digests_of_segments(const Reading& reading, const Progress& progress) {
  std::map<std::string, crypto::Sha256> files;
  for (const ListedEntry& entry : reading.entries) {
    const auto* record = std::get_if<journal::Record>(&entry.read.entry.content);
    if (record == nullptr || !record->name.ends_with(store::kSegmentEnding)) continue;
    if (progress.withdrawn.contains(record->sequence)) continue;
    crypto::Sha256& file = files[record->name];
    file.add(as_bytes(std::string_view(&journal::kEntryBegin, 1)));
    file.add(as_bytes(entry.read.text));
  }
  std::map<std::string, crypto::Digest> digests;
  for (auto& [name, file] : files) digests.emplace(name, file.finish());
  return digests;
}

/// What is beside a journal, besides documents that have a record there.
struct Beside {
  std::vector<std::string> documents;           ///< names of documents
  std::vector<store::RecordPlaceName> records;  ///< files of records, wherever consumers have moved them
};

/// Whose records are not in the journal, as a rule since they are older: each such file says itself what it
/// has to hold.
void add_other_records(const UploadFolder& folder, const Beside& beside,
                       const std::set<std::string_view>& recorded, std::uint64_t sequence,
                       Verification& result) {
  Finding finding{.id = "damaged-record",
                  .text = "Files of records that are not what was stored.",
                  .remedy =
                      "Somebody has written to them, or the disk has lost them. Put them back from a "
                      "backup: the journal no longer has these records."};
  Finding newer{
      .id = "older-journal",
      .text = fmt::format(
          "Files of records that came behind sequence {}, where the journal ends: it is older than "
          "they are.",
          sequence),
      .remedy =
          "Start no server here, which would give their sequences again. An older copy of .bobbin lies "
          "beside them, as after a restore: put back the one that belongs to them, or take it away."};
  for (const store::RecordPlaceName& each : beside.records) {
    const std::string name = std::string(kNewRecords) + each.record;
    if (!is_record_name(each.record) || recorded.contains(name)) continue;
    const auto read = folder.record_at_place(each.place);
    if (read && !*read) continue;  // it has just been taken out
    if (read && (*read)->first.name == name) {
      if ((*read)->epoch == result.epoch && (*read)->last_sequence > sequence)
        newer.places.push_back(each.place);
      continue;
    }
    finding.places.push_back(
        fmt::format("{}: {}", each.place,
                    read ? fmt::format("it holds {}, which stood under another name", (*read)->first.name)
                         : read.error()));
  }
  for (Finding* found : {&finding, &newer})
    if (!found->places.empty()) result.findings.push_back(std::move(*found));
}

void add_documents(const Reading& reading, const UploadFolder& folder, const Beside& beside,
                   Verification& result) {
  const Progress progress = progress_of(reading);
  const Places places = folder.places_of_records();
  const auto segments = digests_of_segments(reading, progress);
  std::set<std::string_view> recorded;
  for (const ListedEntry& entry : reading.entries) {
    const auto* record = std::get_if<journal::Record>(&entry.read.entry.content);
    if (record == nullptr) continue;
    recorded.insert(record->name);
    VerifiedRecord verified{
        .sequence = record->sequence,
        .name = record->name,
        .size_bytes = record->size_bytes,
        .digest = record->digest,
        .file_digest = record->is_whole_file ? crypto::sha256(entry.read.text) : record->digest,
        .has_body = record->has_body,
        .is_whole_file = record->is_whole_file};
    if (const auto segment = segments.find(record->name); segment != segments.end())
      verified.file_digest = segment->second;
    verified.state = state_of(verified, folder, places, progress);
    result.records.push_back(std::move(verified));
  }
  result.without_record = static_cast<std::uint64_t>(std::ranges::count_if(
      beside.documents, [&](const std::string& name) { return !recorded.contains(name); }));
  add_document_findings(result);
  add_other_records(folder, beside, recorded, reading.history.sequence, result);
}

Result<Verification, std::string> try_to_verify(const UploadFolder& folder) {
  // Each of these names has a record before it is there.
  const Beside beside{.documents = TRY(folder.document_names()), .records = folder.all_places_of_records()};
  const std::unique_ptr<Reading> reading = read(TRY(folder.read_journal()));
  Verification result{.path = folder.path()};
  add_journal(*reading, result);
  add_documents(*reading, folder, beside, result);
  return result;
}

}  // namespace

const char* id_of(DocumentState state) {
  switch (state) {
    case State::as_stored: return "as-stored";
    case State::withdrawn: return "withdrawn";
    case State::not_named_yet: return "not-named-yet";
    case State::missing: return "missing";
    case State::different: return "different";
    case State::unreadable: return "unreadable";
    case State::lost: break;
  }
  return "lost";
}

std::uint64_t Verification::count(DocumentState state) const {
  return static_cast<std::uint64_t>(std::ranges::count(records, state, &VerifiedRecord::state));
}

Result<Verification, std::string> verify(const UploadFolder& folder) {
  Verification result = TRY(try_to_verify(folder));
  for (int attempt = 1; attempt < kReadings && !result.findings.empty(); ++attempt)
    result = TRY(try_to_verify(folder));
  return result;
}

}  // namespace bobbin::inbox

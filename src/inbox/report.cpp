#include "inbox/report.h"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>
#include <utility>

#include "inbox/text.h"

namespace bobbin::inbox {
namespace {

using State = DocumentState;

std::string counted(std::uint64_t count, std::string_view one, std::string_view several) {
  return fmt::format("{} {}", count, count == 1 ? one : several);
}

std::string journal_text(const Verification& result) {
  if (result.segments.empty()) return "no segment";
  const std::string numbers =
      result.segments.size() == 1
          ? fmt::format("segment {}", result.segments.front().number)
          : fmt::format("{} segments from {} to {}", result.segments.size(), result.segments.front().number,
                        result.segments.back().number);
  return fmt::format("epoch {}, {}, {}", result.epoch.empty() ? "unknown" : printable(result.epoch), numbers,
                     counted(result.entries, "entry", "entries"));
}

std::string records_text(const Verification& result) {
  if (result.records.empty())
    return fmt::format("none is left; the last checkpoint is {}", result.checkpoint);
  std::string text = std::to_string(result.records.front().sequence);
  if (result.records.size() > 1) append(text, " to {}", result.records.back().sequence);
  append(text, "; the last checkpoint is {}, with {} behind it", result.checkpoint, result.behind_checkpoint);
  if (const auto withdrawn = result.count(State::withdrawn); withdrawn > 0)
    append(text, "; {} withdrawn", withdrawn);
  if (result.given_up > 0) append(text, "; {} given up when a flush failed", result.given_up);
  return text;
}

std::string documents_text(const Verification& result) {
  std::string text = fmt::format("{} as stored", result.count(State::as_stored));
  const std::pair<State, std::string_view> others[] = {
      {State::missing, "missing (taken by a consumer, or lost: a journal cannot tell)"},
      {State::not_named_yet, "without a name yet (the server is about to give it, or its next start)"},
      {State::different, "different"},
      {State::unreadable, "unreadable"},
      {State::lost, "lost"}};
  for (const auto& [state, words] : others)
    if (const auto count = result.count(state); count > 0) append(text, ", {} {}", count, words);
  return text;
}

void append_finding(std::string& text, const Finding& finding) {
  append(text, "\n! {}\n  Remedy: {}\n", printable(finding.text), finding.remedy);
  const std::size_t shown = std::min(finding.places.size(), kMostShown);
  for (std::size_t i = 0; i < shown; ++i) append(text, "    {}\n", printable(finding.places[i]));
  if (shown < finding.places.size())
    append(text, "    and {} more; --json shows them\n", finding.places.size() - shown);
}

// ---- JSON ----

void append_finding_json(std::string& text, const Finding& finding) {
  text += '{';
  append_string(text, "finding", finding.id);
  text += ',';
  append_string(text, "text", finding.text);
  text += ',';
  append_string(text, "remedy", finding.remedy);
  append_string_list(text, "places", finding.places);
  text += '}';
}

void append_record_json(std::string& text, const VerifiedRecord& record) {
  append(text, "{{\"sequence\":{},", record.sequence);
  append_string(text, "name", record.name);
  append(text, ",\"size\":{},\"sha256\":\"{}\",\"state\":\"{}\"}}", record.size_bytes,
         crypto::hex_of(record.digest), id_of(record.state));
}

}  // namespace

std::string as_text(const Verification& result) {
  std::string text;
  append(text, "journal    {}\n", journal_text(result));
  append(text, "records    {}\n", records_text(result));
  append(text, "chain      {}\n",
         result.chain_holds ? "holds: every entry has the digest of the one before" : "is broken");
  append(text, "documents  {}\n", documents_text(result));
  if (result.without_record > 0)
    append(text, "others     {} without a record here: {}\n",
           counted(result.without_record, "document", "documents"),
           result.chain_holds ? "older than what is left of the journal"
                              : "older than the journal, or of the records that it has lost");
  for (const std::string& note : result.notes) append(text, "note       {}\n", printable(note));
  append(text, "result     {}\n",
         result.findings.empty() ? "nothing is wrong"
                                 : counted(result.findings.size(), "thing is wrong", "things are wrong"));
  for (const Finding& finding : result.findings) append_finding(text, finding);
  return text;
}

std::string as_json(const Verification& result) {
  std::string text = "{";
  append_string(text, "folder", result.path);
  text += ',';
  append_string(text, "epoch", result.epoch);
  append_list(text, "segments", result.segments, [&](const VerifiedSegment& segment) {
    append(text, "{{\"segment\":{},\"bytes\":{},\"entries\":{}}}", segment.number, segment.size_bytes,
           segment.entries);
  });
  append(text, ",\"entries\":{},\"checkpoint\":{},\"behind_checkpoint\":{},\"given_up\":{},\"doubt\":{}",
         result.entries, result.checkpoint, result.behind_checkpoint, result.given_up, result.is_in_doubt);
  append(text, ",\"chain_holds\":{},\"without_record\":{}", result.chain_holds, result.without_record);
  const auto append_damage = [&](const journal::Damage& damage) {
    append(text, "{{\"first\":{},\"last\":{}}}", damage.first, damage.last);
  };
  append_list(text, "damage", result.damage, append_damage);
  append_list(text, "old_damage", result.damage_before_checkpoint, append_damage);
  append_string_list(text, "notes", result.notes);
  append_list(text, "findings", result.findings,
              [&](const Finding& finding) { append_finding_json(text, finding); });
  append_list(text, "records", result.records,
              [&](const VerifiedRecord& record) { append_record_json(text, record); });
  return text + "}\n";
}

}  // namespace bobbin::inbox

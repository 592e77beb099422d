#include "store/recovery.h"

#include <cerrno>
#include <fmt/format.h>
#include <memory>
#include <utility>
#include <vector>

namespace bobbin::store {
namespace {

using journal::History;
using journal::OpenRecord;
using observe::Event;

/// Whether the page cache has everything that the last process has written.
bool is_same_run(const History& history, const Folder& folder) {
  const journal::Circumstances now = folder.circumstances();
  return !now.boot.empty() && now.mount != 0 && history.last_begin.boot == now.boot &&
         history.last_begin.mount == now.mount;
}

Result<void> publish(Folder& folder, const OpenRecord& open, const std::string& place) {
  const journal::Record& record = open.record;
  if (!record.has_body) return folder.publish_hidden(record.name);
  const auto file = TRY(folder.stage());
  TRY(file->append(as_bytes(open.content)));
  TRY(file->sync());
  return file->publish(place);
}

/// What may have become of the documents.
struct Situation {
  bool is_same_run;  // the page cache is that of the last process; else the power has been cut, perhaps
  bool is_in_doubt;  // a sync has failed
};

enum class Recovered : std::uint8_t {
  as_it_was,
  written,  ///< once more
  taken,    ///< it is not there: its consumer has taken it away, or has just moved it
};

Result<Recovered> recover(Folder& folder, const OpenRecord& open, Situation now, observe::LogWriter& log) {
  const std::string& name = open.record.name;
  const std::string place = folder.place_of(name);
  const auto found = TRY(folder.digest_of(place));
  if (!found && now.is_same_run && open.is_published) return Recovered::taken;
  const crypto::Digest wanted = open.record.is_whole_file ? crypto::sha256(open.content) : open.record.digest;
  if (found && *found == wanted) {
    // A file that has a hidden name has been synced by itself.
    if (!now.is_in_doubt || !open.record.has_body) return Recovered::as_it_was;
    const auto written = folder.write_again(place, as_bytes(open.content));
    if (!written && written.error().code == ENOENT) return Recovered::taken;
    TRY(written);
    return Recovered::written;
  }
  if (found && now.is_same_run && !now.is_in_doubt)
    return Recovered::as_it_was;  // somebody has written to it
  if (found) {
    log.write(Event::document_replaced,
              fmt::format("The file {} is not what was stored: it is set aside in .bobbin/replaced, and the "
                          "document is published again",
                          place));
    TRY(folder.set_aside(place));
  }
  const Result<void> published = publish(folder, open, place);
  if (published) return Recovered::written;
  if (open.record.has_body || published.error().code != ENOENT) return failure(published.error());
  // The hidden name is removed only after a checkpoint, so the disk has lost it.
  log.write(Event::document_lost, fmt::format("The document {} of {} bytes is lost: its file is not there",
                                              name, open.record.size_bytes));
  return Recovered::as_it_was;
}

/// Returns how many were written once more. Consumers may move files meanwhile: what is not there is looked
/// for again, until it is nowhere.
Result<std::size_t> recover_all(Folder& folder, const std::vector<OpenRecord>& records, Situation now,
                                observe::LogWriter& log) {
  std::vector<const OpenRecord*> rest;
  rest.reserve(records.size());
  for (const OpenRecord& open : records) rest.push_back(&open);
  std::size_t written = 0;
  for (bool is_first_look = true;; is_first_look = false) {
    std::vector<const OpenRecord*> taken;
    for (const OpenRecord* open : rest) {
      const Recovered recovered = TRY(recover(folder, *open, now, log));
      if (recovered == Recovered::written) ++written;
      if (recovered == Recovered::taken) taken.push_back(open);
    }
    const bool has_changed = is_first_look || taken.size() < rest.size();
    if (taken.empty() || !has_changed) return written;
    rest = std::move(taken);
    folder.look_again();
  }
}

}  // namespace

Result<void> write_missing(Folder& folder, const History& history, observe::LogWriter& log) {
  for (const journal::Damage& damage : history.damage)
    log.write(
        Event::journal_damaged,
        fmt::format("The journal in '{}/.bobbin/journal' is damaged: the disk has lost the records {} to "
                    "{}. Their files may be there. To go on without these records, move that folder "
                    "elsewhere, and keep it",
                    folder.path(), damage.first, damage.last));
  if (history.lost_segment)
    log.write(
        Event::journal_damaged,
        fmt::format("The journal in '{}/.bobbin/journal' is damaged: the disk has lost the beginning of "
                    "the segment {}, and with it the records in it. Their files may be there. To go on "
                    "without these records, move that file elsewhere, and keep it",
                    folder.path(), *history.lost_segment));
  if (!history.damage.empty() || history.lost_segment)
    return failure(Error{EBADMSG, "recovery of the journal"});
  if (history.open.empty()) return {};
  const Situation now{.is_same_run = is_same_run(history, folder), .is_in_doubt = history.is_in_doubt};
  // A failure of the past is told once, and concerns what is written again below.
  if (now.is_in_doubt) static_cast<void>(folder.sync_everything());
  const std::size_t written = TRY(recover_all(folder, history.open, now, log));
  log.write(Event::documents_recovered,
            fmt::format("Recovery: {} of the last {} files in '{}' {} {}", written, history.open.size(),
                        folder.path(), written == 1 ? "was" : "were",
                        now.is_in_doubt ? "written again" : "published again"));
  return {};
}

Result<void> end_journal(Folder& folder, observe::LogWriter& log) {
  const auto medium = TRY(folder.open_journal(false));
  if (medium == nullptr) return {};
  const History history = TRY(journal::Journal::read(*medium));
  TRY(write_missing(folder, history, log));
  if (!history.open.empty()) TRY(folder.sync_everything());
  return folder.remove_journal();
}

}  // namespace bobbin::store

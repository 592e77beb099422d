// What a JournalCommitter does behind the answers: checkpoints, and the files of segments.

#include <fmt/format.h>
#include <string>
#include <utility>

#include "store/journal_committer.h"

namespace bobbin::store {

/// Once for each segment, so that documents need not wait when it is full.
void JournalCommitter::make_spare_segment(const std::shared_ptr<const void>& store) {
  const Lock lock(journal_mutex_);
  if (journal_ == nullptr || !journal_->needs_spare()) return;
  if (std::exchange(spare_beside_, journal_->segment()) == journal_->segment()) return;
  // release() waits for this before it lets go of the medium.
  is_making_spare_ = true;
  const bool runs = lane_.run([this, store, medium = medium_.get(), bytes = limits_.segment_bytes] {
    medium->make_spare(bytes);
    is_making_spare_ = false;
    is_making_spare_.notify_all();
  });
  if (!runs) is_making_spare_ = false;
}

void JournalCommitter::stop(const std::shared_ptr<const void>& store) {
  is_stopping_ = true;
  begin_checkpoint(store);
}

void JournalCommitter::begin_checkpoint(const std::shared_ptr<const void>& store) {
  if (is_at_rest() || is_checkpointing_.exchange(true)) return;
  const bool runs = lane_.run([this, store] { checkpoint(); });
  if (!runs) is_checkpointing_ = false;
}

void JournalCommitter::checkpoint() {
  while (make_checkpoint() && is_stopping_ && !is_at_rest()) {
  }
  is_checkpointing_ = false;
  is_checkpointing_.notify_all();
}

/// False: it cannot be made now.
bool JournalCommitter::make_checkpoint() {
  std::uint64_t reopened = 0;
  std::uint64_t through = 0;
  {
    const Lock lock(journal_mutex_);
    if (has_failed_ || !write_keys()) return false;
    reopened = reopened_;
    through = published_;
  }
  if (inbox_.layout == Layout::segments) through = make_files();
  if (through == checkpointed_) return false;
  const Result<void> synced = folder_.sync_everything();
  const Lock lock(journal_mutex_);
  // There is a journal, since there are documents.
  if (journal_->is_broken() || (synced && reopened != reopened_)) return false;
  const auto recorded = record(through, synced);
  if (!recorded) close(recorded.error());
  return recorded.value_or(false);
}

/// A file that cannot be made now is made at a later attempt: its records are safe in the journal.
std::uint64_t JournalCommitter::make_files() {
  for (;;) {
    RecordSegment next;
    Result<std::string> text = std::string();
    std::uint64_t reopened = 0;
    {
      const Lock lock(journal_mutex_);
      reopened = reopened_;
      if (!end_old_segment() || segments_.empty() || segments_.front().number == journal_->segment())
        return files_through_;
      next = segments_.front();
      text = medium_->read(next.number);
      is_making_file_ = true;
    }
    const Result<void> made = text ? next.publish(*text, folder_) : failure(text.error());
    const Lock lock(journal_mutex_);
    is_making_file_ = false;
    if (reopened != reopened_ || has_failed_ || !tell_of_file(made)) return files_through_;
    segments_.pop_front();
    files_through_ = next.last;
    note_files();
  }
}

/// So that what a consumer has taken does not come again after a kill. Nobody waits for it.
void JournalCommitter::note_files() {
  Result<void> noted = journal_->make_room_for_note();
  if (noted) {
    journal_->add(journal::Published{files_through_});
    noted = journal_->write();
  }
  if (journal_->is_broken()) close(noted.error());
}

/// False: nothing can be done now.
bool JournalCommitter::end_old_segment() {
  if (has_failed_) return false;
  if (segments_.empty() || segments_.back().number != journal_->segment()) return true;
  if (!is_stopping_ && monotonic_now() - segments_.back().begun < segment_age_.load()) return true;
  const Result<void> begun = journal_->begin_next();
  if (journal_->is_broken()) close(begun.error());
  return tell_of_file(begun);
}

bool JournalCommitter::tell_of_file(const Result<void>& made) {
  if (!made && !std::exchange(files_are_late_, true))
    report_.add_error(
        observe::Event::segment_not_written,
        fmt::format(
            "A file of records in '{}' could not be made ({}): it is tried again, and the records are "
            "safe in the journal",
            folder_.path(), made.error().message()));
  if (made) files_are_late_ = false;
  return made.has_value();
}

/// Records the checkpoint, or that its sync has failed. False: there is no room for it now.
Result<bool> JournalCommitter::record(std::uint64_t through, const Result<void>& synced) {
  if (const auto room = journal_->make_room_for_note(); !room)
    return journal_->is_broken() ? Result<bool>(failure(room.error())) : false;
  if (synced)
    journal_->add(journal::Checkpoint{through});
  else
    journal_->add(journal::Doubt{checkpointed_});
  TRY(journal_->write());
  TRY(journal_->flush());
  if (!synced) return failure(synced.error());
  TRY(journal_->trim(through));
  bytes_ = journal_->bytes();
  meter_.set_bytes(bytes_);
  meter_.checkpoint_made(wall_now());
  while (!hidden_.empty() && hidden_.front().first <= through) {
    static_cast<void>(folder_.remove(Folder::hidden_name(hidden_.front().second)));
    hidden_.pop_front();
  }
  checkpointed_ = through;
  if (const auto watcher = watcher_.lock()) watcher->checkpointed(through);
  return true;
}

}  // namespace bobbin::store

// How a JournalCommitter comes to take documents, at its start and after a failed sync, and how it lets go.

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <iterator>
#include <utility>

#include "store/journal_committer.h"
#include "store/recovery.h"

namespace bobbin::store {
namespace {

using journal::Journal;

/// Takes records out that are to be withdrawn.
void leave_out(const std::vector<std::uint64_t>& sequences, journal::History& history) {
  std::erase_if(history.open, [&](const journal::OpenRecord& open) {
    return std::ranges::find(sequences, open.record.sequence) != sequences.end();
  });
  std::ranges::copy(sequences, std::back_inserter(history.unfinished));
}

}  // namespace

Result<void> JournalCommitter::prepare() {
  const Lock lock(journal_mutex_);
  TRY(recover_journal());
  is_prepared_ = true;
  begin_watching();
  return {};
}

Result<void> JournalCommitter::recover_journal() {
  known_ = KnownDocuments(folder_.key_files());  // an attempt before may have ended in the middle
  if (inbox_.keeps_records()) TRY(known_.load());
  medium_ = TRY(folder_.open_journal(false));
  if (medium_ == nullptr) return {};
  history_ = TRY(Journal::read(*medium_));
  if (!history_.unfinished.empty())
    report_.log().write(
        observe::Event::documents_left_out,
        fmt::format("{} documents in '{}' are left out: their requests were interrupted before all of their "
                    "documents were on the disk, and nobody was told that they are stored",
                    history_.unfinished.size(), folder_.path()));
  record_names_.go_on_behind(history_.received);
  const bool has_records = !history_.open.empty() || !history_.unfinished.empty();
  TRY(recover_records());
  if (has_records) TRY(begin_journal());
  return folder_.remove_hidden_names();
}

/// Gives the documents of the history their files and keys. Behind this, these are on stable storage.
Result<void> JournalCommitter::recover_records() {
  for (const auto& [record, content, is_published] : history_.open) {
    if (!record.key || record.is_conflict) continue;
    const KnownDocument document{
        .id = record.id, .sequence = record.sequence, .digest = record.digest, .received = record.received};
    if (history_.is_in_doubt)
      known_.add_again(*record.key, document);
    else
      known_.add(*record.key, document);
  }
  TRY(known_.write());
  history_.open = joined_by_file(std::move(history_.open));
  TRY(write_missing(folder_, history_, report_.log()));
  // What a consumer takes from now on does not come again, even if the next call fails.
  published_ = files_through_ = history_.sequence;
  if (!history_.open.empty()) TRY(folder_.sync_everything());
  history_.open.clear();
  checkpointed_ = history_.sequence;
  return {};
}

/// Everything behind which it begins is on stable storage.
Result<void> JournalCommitter::begin_journal() {
  if (medium_ == nullptr) medium_ = TRY(folder_.open_journal(true));
  return go_on_with(TRY(open_journal()));
}

/// In another segment.
Result<std::unique_ptr<Journal>> JournalCommitter::open_journal() {
  return Journal::open(*medium_, history_, random_text(), folder_.circumstances(), limits_.segment_bytes);
}

Result<void> JournalCommitter::go_on_with(std::unique_ptr<Journal> journal) {
  for (const std::uint64_t sequence : history_.unfinished) journal->add(journal::Withdrawal{sequence});
  journal->add(journal::Checkpoint{history_.sequence});
  TRY(journal->write());
  TRY(journal->flush());
  journal_ = std::move(journal);
  return journal_->trim(history_.sequence);
}

void JournalCommitter::release() {
  wait_until_at_rest();
  // One checkpoint at a time, and none behind this one.
  while (is_checkpointing_.exchange(true)) is_checkpointing_.wait(true);
  is_stopping_ = true;  // for files of records that are young
  while (!is_at_rest() && make_checkpoint()) {
  }
  is_stopping_ = false;
  is_making_spare_.wait(true);
  {
    const Lock lock(journal_mutex_);
    journal_.reset();
    medium_.reset();
    history_ = {};
    known_ = KnownDocuments(folder_.key_files());
    hidden_.clear();
    segments_.clear();
    withdrawn_.clear();
    is_prepared_ = false;
    bytes_ = 0;
    published_ = checkpointed_.load();
    meter_.set_bytes(0);
  }
  is_checkpointing_ = false;
  is_checkpointing_.notify_all();
}

void JournalCommitter::wait_until_at_rest() {
  const Lock lock(mutex_);
  while (is_working_ || !waiting_.empty()) rests_.wait(mutex_);
}

/// A kill on the way leaves a journal in doubt, which the next start looks after in the same way.
Result<void> JournalCommitter::reopen() {
  const Lock lock(journal_mutex_);
  if (is_making_file_) return failure(Error{EBUSY, "making a file"});
  if (journal_ != nullptr) {
    TRY(medium_->remove_spares());
    history_ = TRY(Journal::read(*medium_, journal_->flushed_receipt()));
    leave_out(withdrawn_, history_);
    history_.is_in_doubt = true;
    const std::uint64_t named = inbox_.layout == Layout::segments ? files_through_ : published_.load();
    for (journal::OpenRecord& open : history_.open) open.is_published = open.record.sequence <= named;
    auto journal = TRY(open_journal());
    journal->add(journal::Published{named});
    journal->add(journal::Doubt{history_.checkpoint});
    TRY(journal->write());
    TRY(journal->flush());
    TRY(recover_records());
    TRY(go_on_with(std::move(journal)));
    TRY(medium_->remove_spares());  // the segment at which the disk has failed is among them
    TRY(folder_.remove_hidden_names());
    bytes_ = journal_->bytes();
  } else if (medium_ != nullptr) {
    // It could not be begun: what there is of it belongs to it.
    std::vector<std::uint64_t> unfinished = std::move(history_.unfinished);
    history_ = TRY(Journal::read(*medium_));
    history_.open.clear();
    history_.unfinished = std::move(unfinished);
  }
  hidden_.clear();
  segments_.clear();
  withdrawn_.clear();
  ++reopened_;
  has_failed_ = false;
  state_.set("open");
  if (const auto watcher = watcher_.lock()) watcher->checkpointed(checkpointed_);
  return {};
}

}  // namespace bobbin::store

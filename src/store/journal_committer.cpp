#include "store/journal_committer.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "base/assert.h"
#include "base/base64.h"
#include "os/wake.h"
#include "store/bundles.h"
#include "store/folder_store.h"
#include "store/recovery.h"

namespace bobbin::store {
namespace {

using journal::Journal;
using Reason = NotStored::Reason;

/// Of whole records, at the same time: they have no name before the flush, and are lost when they are closed.
constexpr std::size_t kMostOpenFiles = 256;

/// At most one task of each kind of each committer waits in it.
executor::Lane& journal_lane(executor::Executor& executor, const Folder& folder) {
  return executor.lane(folder.device(), "commit",
                       {.parallel = 4, .waiting = 1024, .runs_at_shut_down = true});
}

/// What the records of a document, or of all that are in it, take in the journal, at most.
std::uint64_t room_for(Document& document) {
  const Particulars& particulars = document.particulars();
  const std::uint64_t records = std::max<std::uint64_t>(particulars.bundle.size(), 1);
  const std::uint64_t bytes = document.content_in_memory().value_or("").size();
  return records * (Particulars::kRecordBytes + particulars.request.size()) +
         (particulars.is_binary ? base64_size(bytes) : bytes);
}
static_assert(Particulars::kRecordBytes == Journal::kRecordBytes);
static_assert(Particulars::kLargestBundleBytes + Journal::kRecordBytes < Journal::kSegmentBytes);

}  // namespace

JournalCommitter::JournalCommitter(Folder& folder, executor::Executor& executor, observe::LogWriter& log,
                                   observe::Registry& registry, observe::State& state, Inbox inbox,
                                   Limits limits)
    : folder_(folder),
      inbox_(std::move(inbox)),
      limits_(limits),
      lane_(journal_lane(executor, folder)),
      state_(state),
      report_(log, registry, folder_label(folder), limits.after_sync_failure),
      meter_(registry, folder_label(folder)),
      known_(folder.key_files()) {}

void JournalCommitter::watch(const std::weak_ptr<RecordWatcher>& watcher) {
  if (inbox_.layout != Layout::record) return;
  const Lock lock(journal_mutex_);
  watcher_ = watcher;
  if (is_prepared_) begin_watching();
}

void JournalCommitter::begin_watching() {
  if (const auto watcher = watcher_.lock())
    watcher->begin(journal_ != nullptr ? journal_->epoch() : history_.epoch, published_, checkpointed_);
}

void JournalCommitter::tell_watcher(const JournalUpload& upload) {
  if (upload.file_bytes == 0) return;
  if (const auto watcher = watcher_.lock())
    watcher->named(upload.sequence, std::string_view(upload.name).substr(upload.name.rfind('/') + 1),
                   upload.file_bytes);
}

void JournalCommitter::submit(std::shared_ptr<Document> document, Document::Done done) {
  std::optional<JournalUpload> refused;
  std::shared_ptr<const void> store;
  {
    const Lock lock(mutex_);
    waiting_.push_back({{std::move(document), std::move(done)}});
    if (waiting_.size() > limits_.waiting_documents || bytes_ >= limits_.journal_bytes || !is_open()) {
      refused = std::move(waiting_.back());
      waiting_.pop_back();
    } else if (!std::exchange(is_working_, true)) {
      store = waiting_.back().document->store();
    }
  }
  if (refused) refused->done(failure(NotStored{is_open() ? Reason::busy : Reason::closed}));
  if (store) start_task(store);
}

// ---- the task ----

void JournalCommitter::start_task(const std::shared_ptr<const void>& store) {
  if (lane_.run([this, store] { work(store); })) return;
  std::deque<JournalUpload> refused;
  {
    const Lock lock(mutex_);
    is_working_ = false;
    refused.swap(waiting_);
    rests_.notify_all();
  }
  for (Upload& upload : refused) upload.done(failure(NotStored{Reason::busy}));
}

void JournalCommitter::work(const std::shared_ptr<const void>& store) {
  for (Uploads batch = next_batch(); !batch.empty(); batch = next_batch()) {
    commit(batch);
    if (bytes_ >= limits_.checkpoint_bytes) begin_checkpoint(store);
    make_spare_segment(store);
  }
  if (is_stopping_) begin_checkpoint(store);
}

/// Empty: the task ends.
JournalCommitter::Uploads JournalCommitter::next_batch() {
  const Lock lock(mutex_);
  Uploads batch;
  std::set<crypto::Digest> keys;
  std::deque<JournalUpload> later;  // what shares a key with one of the batch
  std::uint64_t bytes = 0;
  while (!waiting_.empty() && batch.size() < limits_.batch_documents && bytes < limits_.batch_bytes) {
    Document& document = *waiting_.front().document;
    const std::uint64_t more = room_for(document);
    const bool has_room = bytes + more <= Particulars::kLargestBundleBytes;  // in a segment
    if (!batch.empty() && !has_room) break;
    if (add_keys(keys, document)) {
      bytes += more;
      append_documents(batch, std::move(waiting_.front()));
    } else {
      later.push_back(std::move(waiting_.front()));
    }
    waiting_.pop_front();
  }
  std::ranges::move(later.rbegin(), later.rend(), std::front_inserter(waiting_));
  is_working_ = !batch.empty();
  if (!is_working_) rests_.notify_all();
  return batch;
}

/// Those of a bundle one by one.
void JournalCommitter::append_documents(Uploads& batch, JournalUpload upload) {
  const std::size_t documents = upload.document->particulars().bundle.size();
  if (documents == 0) {
    batch.push_back(std::move(upload));
    return;
  }
  const auto bundle =
      std::make_shared<BundleOutcome>(BundleOutcome{.done = std::move(upload.done), .left = documents});
  for (std::size_t part = 0; part < documents; ++part)
    batch.push_back({{.document = upload.document, .done = {}, .bundle = bundle, .part = part}});
}

void JournalCommitter::commit(Uploads& batch) {
  Uploads repetitions;
  {
    const Lock lock(journal_mutex_);
    if (has_failed_) {  // a checkpoint may have, while the lock was waited for
      fail(std::span(batch), {Reason::closed});
    } else {
      repetitions = take_repetitions(batch);
      if (!batch.empty()) store(batch);
    }
    if (journal_ != nullptr) bytes_ = journal_->bytes();
    meter_.set_bytes(bytes_);
    for (JournalUpload& upload : repetitions) {
      if (!upload.first) continue;
      const JournalUpload& first = batch[*upload.first];
      upload.id = first.id;
      upload.sequence = first.sequence;
      upload.digest = first.digest;
      upload.failure = first.failure;
    }
    for (const Uploads* uploads : {&batch, &repetitions})
      for (const Upload& upload : *uploads) report_.add(upload);
  }
  const os::WakesTogether together;
  for (Uploads* uploads : {&batch, &repetitions})
    for (JournalUpload& upload : *uploads) {
      upload.whole_record.reset();
      upload.conclude();
    }
}

/// Brings every document of the batch to where it has its name, or a failure.
void JournalCommitter::store(Uploads& batch) {
  if (!make_room(batch)) return;
  add_records(batch);
  const bool has_records =
      std::ranges::any_of(batch, [](const JournalUpload& each) { return each.sequence != 0; });
  const std::uint64_t begin = journal_->offset();
  if (!has_records) return;
  if (const auto flushed = write_and_flush(); !flushed)
    return fail(std::span(batch), {Reason::failed, flushed.error()});
  meter_.add_batch(batch.size());
  if (inbox_.layout == Layout::segments) {
    segments_.back().add({.begin = begin, .end = journal_->offset()}, journal_->sequence());
    published_ = journal_->sequence();
  } else {
    publish(batch);
  }
  remember_keys(batch);
}

/// Where there is not enough for all of them, those are stored that have room. False: none has.
bool JournalCommitter::make_room(Uploads& batch) {
  if (journal_ == nullptr) {
    if (const auto begun = begin_journal(); !begun) {
      if (begun.error().code == EIO) close(begun.error());
      fail(std::span(batch), {Reason::failed, begun.error()});
      return false;
    }
  }
  std::uint64_t all = 0;
  Bundles bundles(batch);
  for (auto bundle = bundles.next(); !bundle.empty(); bundle = bundles.next())
    all += room_for(*bundle.front().document);
  const Result<void> room = journal_->make_room(all);
  if (room) return true;
  if (journal_->is_broken()) close(room.error());
  std::uint64_t bytes = 0;
  Bundles each(batch);
  for (auto bundle = each.next(); !bundle.empty(); bundle = each.next()) {
    const std::uint64_t more = room_for(*bundle.front().document);
    if (!has_failed_ && journal_->has_room(bytes + more))
      bytes += more;
    else
      fail(bundle, {Reason::failed, room.error()});
  }
  return bytes > 0;
}

/// Gives each document a file and a record, unless that fails or has failed.
void JournalCommitter::add_records(Uploads& batch) {
  open_files_ = 0;
  if (inbox_.keeps_records()) {
    Bundles bundles(batch);
    for (auto bundle = bundles.next(); !bundle.empty(); bundle = bundles.next()) add_whole_records(bundle);
    return;
  }
  bool has_hidden = false;
  std::vector<std::pair<journal::Record, std::string>> records(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (batch[i].failure) continue;
    records[i].first = stage(batch[i], records[i].second);
    has_hidden |= batch[i].is_hidden;
  }
  if (has_hidden) {
    if (const auto synced = folder_.sync_hidden_names(); !synced) {
      close(synced.error());
      return fail(std::span(batch), {Reason::failed, synced.error()});
    }
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (batch[i].failure) continue;
    batch[i].digest = records[i].first.digest;
    batch[i].sequence = journal_->add(std::move(records[i].first), records[i].second);
    if (batch[i].is_hidden) hidden_.emplace_back(batch[i].sequence, batch[i].name);
  }
}

/// Those of a bundle, of which all are stored or none.
void JournalCommitter::add_whole_records(std::span<JournalUpload> bundle) {
  if (bundle.front().failure) return;
  if (const auto failure = bundle.front().document->known_failure()) return fail(bundle, *failure);
  std::optional<journal::Bundle> mark;
  if (bundle.size() > 1) mark = {.first = journal_->sequence() + 1, .documents = bundle.size()};
  const journal::Journal::Mark begin = journal_->mark();
  for (JournalUpload& upload : bundle) {
    const Result<void> added = add_whole_record(upload, mark);
    if (added) continue;
    journal_->take_back(begin);
    for (JournalUpload& each : bundle) each.forget_record();
    return fail(bundle, {Reason::failed, added.error()});
  }
}

Result<void> JournalCommitter::add_whole_record(JournalUpload& upload,
                                                const std::optional<journal::Bundle>& bundle) {
  const WallTime now = wall_now();
  upload.id = random_text();
  if (inbox_.layout == Layout::segments) {
    add_entry(upload, now, record_segment(now).name, bundle);
    return {};
  }
  add_entry(upload, now, "new/" + record_names_.next(now, upload.id), bundle);
  return stage_last_entry(upload);  // the record comes first, since the file holds what stands in the journal
}

/// Says that durable records do not count.
void JournalCommitter::withdraw(std::span<JournalUpload> bundle, const NotStored& failure) {
  fail(bundle, failure);
  for (JournalUpload& upload : bundle) {
    journal_->add(journal::Withdrawal{upload.sequence});
    withdrawn_.push_back(upload.sequence);
    upload.forget_record();
  }
}

/// That of the segment of the journal to which something is about to be added.
RecordSegment& JournalCommitter::record_segment(WallTime now) {
  if (segments_.empty() || segments_.back().number != journal_->segment())
    segments_.push_back({.number = journal_->segment(),
                         .name = "new/" + record_names_.next(now, random_text(), kSegmentEnding),
                         .begun = monotonic_now()});
  return segments_.back();
}

void JournalCommitter::add_entry(JournalUpload& upload, WallTime now, std::string name,
                                 const std::optional<journal::Bundle>& bundle) {
  const auto body = upload.content();
  ASSERT(body);  // it may not be larger than what a document of this store may keep in memory
  upload.name = std::move(name);
  upload.received = std::chrono::floor<std::chrono::microseconds>(now);
  const Particulars& particulars = upload.document->particulars();
  const auto& key = upload.key();
  if (!key) upload.digest = crypto::sha256(*body);  // else it is known
  upload.sequence = journal_->add({.id = upload.id,
                                   .inbox = inbox_.name,
                                   .received = upload.received,
                                   .name = upload.name,
                                   .size_bytes = body->size(),
                                   .digest = upload.digest,
                                   .is_binary = particulars.is_binary,
                                   .is_whole_file = true,
                                   .key = key ? std::optional(key->digest) : std::nullopt,
                                   .is_conflict = upload.is_conflict,
                                   .bundle = bundle,
                                   .request = particulars.request},
                                  *body);
}

Result<void> JournalCommitter::stage_last_entry(JournalUpload& upload) {
  const std::string_view text = journal_->last_text();
  upload.file_bytes = text.size();
  if (open_files_ == kMostOpenFiles) {
    upload.late_text = text;
    return {};
  }
  ++open_files_;
  return write_file(upload, text);
}

Result<void> JournalCommitter::write_file(JournalUpload& upload, std::string_view text) {
  upload.whole_record = TRY(folder_.stage());
  return upload.whole_record->append(as_bytes(text));
}

/// Writes the file of a document, which has no name yet; or, of one that is not in memory, only a hidden one.
journal::Record JournalCommitter::stage(JournalUpload& upload, std::string& body) {
  Document& document = *upload.document;
  const WallTime now = wall_now();
  upload.name = names_.next(now);
  upload.id = random_text();
  journal::Record record{.id = upload.id,
                         .inbox = inbox_.name,
                         .received = std::chrono::floor<std::chrono::microseconds>(now),
                         .name = upload.name};
  if (const auto content = document.content_in_memory()) {
    body = *content;
    record.size_bytes = body.size();
    record.digest = crypto::sha256(body);
  } else {
    record.has_body = false;
  }
  if (const auto written = document.write_out(); !written) {
    upload.failure = written.error();
    return record;
  }
  if (record.has_body) return record;
  record.size_bytes = document.written_bytes();
  record.digest = document.digest();
  if (const auto synced = document.sync(); !synced) {
    if (!is_out_of_space(synced.error())) close(synced.error());
    upload.failure = {Reason::failed, synced.error()};
  } else if (const auto hidden = document.publish(Folder::hidden_name(upload.name)); !hidden) {
    upload.failure = {Reason::failed, hidden.error()};
  } else {
    upload.is_hidden = true;
  }
  return record;
}

/// A failure closes the store.
Result<void> JournalCommitter::write_and_flush() {
  const Instant begin = monotonic_now();
  Result<void> flushed = journal_->write();
  if (flushed) flushed = journal_->flush();
  meter_.add_flush(monotonic_now() - begin);
  if (!flushed) close(flushed.error());
  return flushed;
}

/// Names the files of durable records. A document that cannot be named is withdrawn before its client is
/// told, and all of its bundle with it.
void JournalCommitter::publish(Uploads& batch) {
  bool has_withdrawn = false;
  Bundles bundles(batch);
  for (auto bundle = bundles.next(); !bundle.empty(); bundle = bundles.next())
    has_withdrawn |= !bundle.front().failure && !publish(bundle);
  const bool has_failed = has_withdrawn && !write_and_flush();
  published_ = journal_->sequence();
  // Then reopen() withdraws them once more. The others are durable and have their names.
  if (has_failed) return;
  withdrawn_.clear();
  journal_->add(journal::Published{published_});
  // Nobody waits for it, and its failure is one of the next flush, too.
  if (const auto written = journal_->write(); !written) close(written.error());
}

/// False: it is withdrawn. A consumer may have taken one of a bundle by then.
bool JournalCommitter::publish(std::span<JournalUpload> bundle) {
  for (std::size_t i = 0; i < bundle.size(); ++i) {
    const Result<void> named = publish(bundle[i]);
    if (named) continue;
    for (const JournalUpload& before : bundle.first(i)) take_name_back(before);
    withdraw(bundle, {Reason::failed, named.error()});
    return false;
  }
  for (const JournalUpload& upload : bundle) tell_watcher(upload);
  return true;
}

/// A consumer may have been quicker.
void JournalCommitter::take_name_back(const JournalUpload& upload) {
  const Result<void> removed = folder_.remove(upload.name);
  if (removed || removed.error().code == ENOENT) return;
  report_.add_error(
      observe::Event::document_not_removed,
      fmt::format("'{}' could not be removed from '{}' ({}), and its sender is told that it is not stored",
                  upload.name, folder_.path(), removed.error().message()));
}

Result<void> JournalCommitter::publish(JournalUpload& upload) {
  if (upload.is_hidden) return folder_.publish_hidden(upload.name);
  const bool is_late = !upload.late_text.empty();
  if (is_late) TRY(write_file(upload, std::exchange(upload.late_text, {})));
  if (upload.whole_record != nullptr) {
    TRY(upload.whole_record->publish(upload.name));
    if (is_late) upload.whole_record.reset();
    return {};
  }
  return upload.document->publish(upload.name);
}

void JournalCommitter::close(const Error& error) {
  if (journal_ != nullptr && journal_->is_broken()) journal_->give_up_unflushed({checkpointed_});
  if (has_failed_.exchange(true)) return;
  state_.set("closed");
  report_.add_closing(error);
}

}  // namespace bobbin::store

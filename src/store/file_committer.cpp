#include "store/file_committer.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <utility>

#include "os/wake.h"
#include "store/folder_store.h"
#include "store/journal_meter.h"
#include "store/recovery.h"

namespace bobbin::store {
namespace {

using Reason = NotStored::Reason;

// With 130 random bits a second draw is never needed. The limit is for a file system on which every name is
// said to be taken.
constexpr int kMaximumDraws = 8;

/// What has been submitted is stored while the server stops. At most one task of each committer waits in the
/// lane, so its limit of waiting tasks limits the number of folders on one device.
executor::Lane& committing_lane(executor::Executor& executor, const Folder& folder,
                                const FileCommitter::Limits& limits) {
  return executor.lane(
      folder.device(), "commit",
      {.parallel = limits.syncing_documents + 1, .waiting = 1024, .runs_at_shut_down = true});
}

}  // namespace

FileCommitter::FileCommitter(Folder& folder, executor::Executor& executor, observe::LogWriter& log,
                             observe::Registry& registry, observe::State& state, Limits limits)
    : folder_(folder),
      limits_(limits),
      lane_(committing_lane(executor, folder, limits)),
      report_(log, registry, folder_label(folder), limits.after_sync_failure),
      state_(state) {}

Result<void> FileCommitter::prepare() { return end_journal(folder_, report_.log()); }

/// What was acknowledged had been synced by then.
Result<void> FileCommitter::reopen() {
  const Lock lock(mutex_);
  if (syncing_ > 0 || is_publishing_ || !synced_.empty()) return failure(Error{EBUSY, "waiting for a sync"});
  has_failed_ = false;
  state_.set("open");
  return {};
}

void FileCommitter::release() {
  const Lock lock(mutex_);
  while (tasks_ > 0 || is_starting_ || !waiting_.empty() || !synced_.empty()) rests_.wait(mutex_);
}

void FileCommitter::submit(std::shared_ptr<Document> document, Document::Done done) {
  std::optional<Upload> refused;
  KeepAlive store;
  {
    const Lock lock(mutex_);
    waiting_.push_back({std::move(document), std::move(done)});
    if (waiting_.size() > limits_.waiting_documents || !is_open()) {
      refused = std::move(waiting_.back());
      waiting_.pop_back();
    }
    store = wants_task();
  }
  if (refused) refused->done(failure(NotStored{is_open() ? Reason::busy : Reason::closed}));
  if (store) start_task(std::move(store));
}

// ---- tasks ----

FileCommitter::KeepAlive FileCommitter::keep_alive(const Upload& upload) { return upload.document->store(); }

void FileCommitter::start_task(KeepAlive store) {
  if (lane_.run([this, store = std::move(store)] { work(); })) return;
  {
    const Lock lock(mutex_);
    is_starting_ = false;
    if (tasks_ > 0) return;  // the tasks that are running will do the step
  }
  refuse_waiting();
}

void FileCommitter::refuse_waiting() {
  std::deque<Upload> refused;
  {
    const Lock lock(mutex_);
    refused.swap(waiting_);
    rests_.notify_all();
  }
  for (Upload& upload : refused) upload.done(failure(NotStored{Reason::busy}));
}

void FileCommitter::work() {
  Uploads batch;
  Step step = next_step(Step::none, batch);
  while (step != Step::none) {
    if (step == Step::sync)
      write_and_sync(batch.front());
    else
      commit(batch);
    step = next_step(step, batch);
  }
}

FileCommitter::Step FileCommitter::next_step(Step done, Uploads& batch) {
  Step step = Step::none;
  KeepAlive store;
  {
    const Lock lock(mutex_);
    finish(done, batch);
    step = take(batch);
    if (step == Step::none) --tasks_;
    store = wants_task();
    if (step == Step::none) rests_.notify_all();
  }
  if (store) start_task(std::move(store));
  return step;
}

void FileCommitter::finish(Step done, Uploads& batch) {
  switch (done) {
    case Step::none:  // the task has just begun
      is_starting_ = false;
      ++tasks_;
      break;
    case Step::sync:
      --syncing_;
      synced_.push_back(std::move(batch.front()));
      batch.clear();
      break;
    case Step::publish: is_publishing_ = false; break;
  }
}

FileCommitter::Step FileCommitter::take(Uploads& batch) {
  if (can_publish()) {
    is_publishing_ = true;
    batch.swap(synced_);
    return Step::publish;
  }
  if (can_sync()) {
    ++syncing_;
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    return Step::sync;
  }
  return Step::none;
}

FileCommitter::KeepAlive FileCommitter::wants_task() {
  if (is_starting_ || !(can_publish() || can_sync())) return nullptr;
  is_starting_ = true;
  return keep_alive(can_publish() ? synced_.front() : waiting_.front());
}

bool FileCommitter::can_sync() const {
  // A document that is being synced already has its place among the synced ones.
  return !waiting_.empty() && syncing_ < limits_.syncing_documents &&
         synced_.size() + syncing_ < limits_.synced_documents + limits_.syncing_documents;
}

bool FileCommitter::can_publish() const { return !is_publishing_ && !synced_.empty(); }

// ---- syncing ----

void FileCommitter::write_and_sync(Upload& upload) {
  if (has_failed_) {
    upload.failure = {Reason::closed};
  } else if (const auto written = upload.document->write_out(); !written) {
    upload.failure = written.error();
  } else if (const auto synced = upload.document->sync(); !synced) {
    // Without space the kernel may have dropped what was to be written, but the device is sound.
    if (!is_out_of_space(synced.error())) close(synced.error());
    upload.failure = {Reason::failed, synced.error()};
  }
}

// ---- publishing ----

void FileCommitter::commit(Uploads& batch) {
  // After a failed sync nothing more gets a name: its directory sync would be a repetition, or would trust a
  // device that has just lost data.
  const bool closed = has_failed_;
  for (Upload& upload : batch) {
    if (upload.failure) continue;
    if (closed)
      upload.failure = {Reason::closed};
    else
      publish(upload);
  }
  const bool published =
      std::any_of(batch.begin(), batch.end(), [](const Upload& u) { return !u.name.empty(); });
  if (published) {
    if (const auto synced = folder_.sync_names(); !synced) withdraw(batch, synced.error());
  }
  log_closing();
  {
    const os::WakesTogether together;
    for (Upload& upload : batch) {
      report_.add(upload);
      upload.conclude();
    }
  }
  batch.clear();
}

void FileCommitter::publish(Upload& upload) {
  Error error;
  for (int draw = 0; draw < kMaximumDraws; ++draw) {
    std::string name = names_.next(wall_now());
    const Result<void> linked = upload.document->publish(name);
    if (linked) {
      upload.name = std::move(name);
      return;
    }
    error = linked.error();
    if (error.code == EEXIST) continue;  // the file of this name is another one and must not be removed
    // Where publishing takes two steps, or the answer is lost on a network, the name may be there in spite of
    // the error.
    static_cast<void>(folder_.remove(name));
    break;
  }
  upload.failure = {Reason::failed, error};
}

void FileCommitter::withdraw(Uploads& batch, const Error& error) {
  close(error);
  for (Upload& upload : batch) {
    if (upload.name.empty()) continue;
    upload.failure = {Reason::failed, error};
    if (const auto removed = folder_.remove(upload.name); !removed)
      report_.add_error(observe::Event::document_not_removed,
                        fmt::format("Upload refused, but its file {} could not be removed: {}", upload.name,
                                    removed.error().message()));
  }
}

// ---- after a failed sync ----

void FileCommitter::close(const Error& error) {
  const Lock lock(mutex_);
  state_.set("closed");
  if (!has_failed_.exchange(true)) closed_by_ = error;
}

void FileCommitter::log_closing() {
  std::optional<Error> error;
  {
    const Lock lock(mutex_);
    error = std::exchange(closed_by_, std::nullopt);
  }
  if (error) report_.add_closing(*error);
}

}  // namespace bobbin::store

#include "uploads/committer.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <utility>

#include "os/process.h"
#include "uploads/answers.h"
#include "uploads/document_name.h"

namespace bobbin::uploads {
namespace {

// With 130 random bits a second draw is never needed. A file system that calls every name taken must not hold
// us forever.
constexpr int kMaximumDraws = 8;

}  // namespace

Committer::Committer(Store& store, std::string url_path, observe::LogWriter& log, Limits limits)
    : store_(store), url_path_(std::move(url_path)), limits_(limits), log_(log) {
  for (std::size_t i = 0; i < limits_.sync_threads; ++i) crew_.emplace_back([this] { run_crew_member(); });
  publisher_ = std::thread([this] { run_publisher(); });
}

http::Reply Committer::submit(Document document, http::ReplyLater reply) {
  {
    const Lock lock(mutex_);
    const std::size_t bytes = document.memory_bytes();
    if (failed_ || stopping_) {
      std::move(reply).forget();
      return closed();
    }
    if (waiting_.size() >= limits_.waiting_documents || waiting_bytes_ + bytes > limits_.waiting_bytes) {
      std::move(reply).forget();
      return unavailable("Too many uploads wait to be stored.");
    }
    waiting_bytes_ += bytes;
    waiting_.push_back({std::move(document), std::move(reply)});
  }
  waiting_changed_.notify_one();
  return http::Pending{};
}

bool Committer::open() const {
  const Lock lock(mutex_);
  return !failed_ && !stopping_;
}

void Committer::stop() {
  if (!publisher_.joinable()) return;
  {
    const Lock lock(mutex_);
    stopping_ = true;
  }
  waiting_changed_.notify_all();
  for (std::thread& member : crew_) member.join();
  {
    const Lock lock(mutex_);
    crew_finished_ = true;
  }
  synced_changed_.notify_one();
  publisher_.join();
}

// ---- the sync crew
// -------------------------------------------------------------------------------------------------

void Committer::run_crew_member() {
  os::name_this_thread("upload-sync");
  while (std::optional<Upload> upload = take_waiting()) {
    write_and_sync(*upload);
    hand_on(*std::move(upload));
  }
}

std::optional<Committer::Upload> Committer::take_waiting() {
  const Lock lock(mutex_);
  while (waiting_.empty() && !stopping_) waiting_changed_.wait(mutex_);
  if (waiting_.empty()) return std::nullopt;
  Upload upload = std::move(waiting_.front());
  waiting_.pop_front();
  waiting_bytes_ -= upload.document.memory_bytes();
  return upload;
}

void Committer::write_and_sync(Upload& upload) {
  if (failed()) {
    upload.failure = {Failure::Cause::closed, {}};
  } else if (const auto written = upload.document.write_out(); !written) {
    upload.failure = {Failure::Cause::storage, written.error()};
  } else if (const auto synced = upload.document.sync(); !synced) {
    close();
    upload.failure = {Failure::Cause::sync, synced.error()};
  }
}

void Committer::hand_on(Upload upload) {
  {
    const Lock lock(mutex_);
    while (synced_.size() >= limits_.synced_documents) synced_has_room_.wait(mutex_);
    synced_.push_back(std::move(upload));
  }
  synced_changed_.notify_one();
}

// ---- the publisher
// -------------------------------------------------------------------------------------------------

void Committer::run_publisher() {
  os::name_this_thread("upload-publish");
  for (std::vector<Upload> batch = take_synced(); !batch.empty(); batch = take_synced()) commit(batch);
}

std::vector<Committer::Upload> Committer::take_synced() {
  std::vector<Upload> batch;
  {
    const Lock lock(mutex_);
    while (synced_.empty() && !crew_finished_) synced_changed_.wait(mutex_);
    batch.swap(synced_);
  }
  synced_has_room_.notify_all();
  return batch;
}

void Committer::commit(std::vector<Upload>& batch) {
  // After a failed sync nothing more gets a name: its directory sync would be a repetition, or would trust a
  // device that has just lost data.
  const bool closed = failed();
  for (Upload& upload : batch) {
    if (upload.failure) continue;
    if (closed)
      upload.failure = {Failure::Cause::closed, {}};
    else
      publish(upload);
  }
  const bool published =
      std::any_of(batch.begin(), batch.end(), [](const Upload& u) { return !u.name.empty(); });
  if (published) {
    if (const auto synced = store_.sync_names(); !synced) withdraw(batch, synced.error());
  }
  for (Upload& upload : batch) answer(upload);
}

void Committer::publish(Upload& upload) {
  Error error;
  for (int draw = 0; draw < kMaximumDraws; ++draw) {
    std::string name = document_name(wall_now());
    const Result<void> linked = upload.document.publish(name);
    if (linked) {
      upload.name = std::move(name);
      return;
    }
    error = linked.error();
    if (error.code == EEXIST) continue;  // somebody else's file: on no account remove it
    // Where publishing takes two steps, or the answer is lost on a network, the name may be there in spite of
    // the error.
    static_cast<void>(store_.remove(name));
    break;
  }
  upload.failure = {Failure::Cause::storage, error};
}

void Committer::withdraw(std::vector<Upload>& batch, const Error& error) {
  close();
  for (Upload& upload : batch) {
    if (upload.name.empty()) continue;
    upload.failure = {Failure::Cause::sync, error};
    if (const auto removed = store_.remove(upload.name); !removed)
      log_.write(observe::LogLevel::error,
                 fmt::format("Upload refused, but its file {} could not be removed: {}", upload.name,
                             removed.error().message()));
  }
}

void Committer::answer(Upload& upload) {
  http::Response response = verdict(upload);
  upload.document.discard();  // who is told of a failure finds nothing left of the document
  std::move(upload.reply)(std::move(response));
}

http::Response Committer::verdict(const Upload& upload) {
  if (!upload.failure) return created(url_path_, upload.name);
  if (upload.failure->cause == Failure::Cause::closed) return closed();
  log_failure(*upload.failure);
  return storage_failure(upload.failure->error);
}

void Committer::log_failure(const Failure& failure) {
  if (failure.cause == Failure::Cause::sync && !std::exchange(closing_logged_, true)) {
    log_.write(observe::LogLevel::error,
               fmt::format("Sync failed ({}): uploads are refused until the server is restarted",
                           failure.error.message()));
  } else {
    log_.write(observe::LogLevel::warning, fmt::format("Upload not stored: {}", failure.error.message()));
  }
}

bool Committer::failed() const {
  const Lock lock(mutex_);
  return failed_;
}

void Committer::close() {
  const Lock lock(mutex_);
  failed_ = true;
}

}  // namespace bobbin::uploads

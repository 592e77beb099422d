#include "uploads/committer.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <system_error>
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
    : store_(store), url_path_(std::move(url_path)), limits_(limits), log_(log) {}

http::Reply Committer::submit(Document document, http::ReplyLater reply) {
  const auto refuse = [&reply](http::Response response) {
    std::move(reply).forget();
    return response;
  };
  Member* called = nullptr;
  {
    const Lock lock(mutex_);
    if (!open()) return refuse(closed());
    const std::size_t bytes = document.memory_bytes();
    if (waiting_.size() >= limits_.waiting_documents || waiting_bytes_ + bytes > limits_.waiting_bytes)
      return refuse(unavailable("Too many uploads wait to be stored."));
    if (crew_.empty()) hire();
    if (crew_.empty()) return refuse(unavailable("The server is too busy to store the document."));
    waiting_bytes_ += bytes;
    waiting_.push_back({std::move(document), std::move(reply)});
    called = call_member();
  }
  if (called != nullptr) called->call.notify_one();
  return http::Pending{};
}

void Committer::stop() {
  Member* called = nullptr;
  {
    const Lock lock(mutex_);
    stopping_ = true;
    called = call_member();
  }
  if (called != nullptr) called->call.notify_one();
  // Whoever is hired meanwhile is in the crew before the member that hired him has ended.
  for (std::size_t i = 0;; ++i) {
    Member* member = nullptr;
    {
      const Lock lock(mutex_);
      if (i == crew_.size()) break;
      member = crew_[i].get();
    }
    member->thread.join();
  }
  const Lock lock(mutex_);
  crew_.clear();
}

// ---- the crew: who does what ----

void Committer::run_member(Member& self) {
  os::name_this_thread("upload");
  Uploads hand;
  Task task = next_task(self, Task::none, hand);
  while (task != Task::end) {
    if (task == Task::sync)
      write_and_sync(hand.front());
    else
      commit(hand);
    task = next_task(self, task, hand);
  }
}

Committer::Task Committer::next_task(Member& self, Task done, Uploads& hand) {
  Task task = Task::none;
  Member* called = nullptr;
  {
    const Lock lock(mutex_);
    put_down(done, hand);
    while ((task = pick_up(hand)) == Task::none) rest(self);
    // One call at a time: each that comes calls the next, if by then there is still something to do.
    called = call_member();
  }
  if (called != nullptr) called->call.notify_one();
  return task;
}

void Committer::put_down(Task done, Uploads& hand) {
  if (done == Task::none) somebody_comes_ = false;  // who has just been hired
  if (done == Task::publish) is_publishing_ = false;
  if (done == Task::sync) {
    --syncing_;
    synced_.push_back(std::move(hand.front()));
    hand.clear();
  }
}

Committer::Task Committer::pick_up(Uploads& hand) {
  if (can_publish()) {
    is_publishing_ = true;
    hand.swap(synced_);
    return Task::publish;
  }
  if (can_sync()) {
    ++syncing_;
    waiting_bytes_ -= waiting_.front().document.memory_bytes();
    hand.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    return Task::sync;
  }
  return is_finished() ? Task::end : Task::none;
}

void Committer::rest(Member& self) {
  resting_.push_back(&self);
  self.is_called = false;
  while (!self.is_called) self.call.wait(mutex_);
  somebody_comes_ = false;
}

Committer::Member* Committer::call_member() {
  if (somebody_comes_ || !(can_publish() || can_sync() || is_finished())) return nullptr;
  if (resting_.empty()) {
    if (crew_.size() <= limits_.sync_threads && !is_finished()) hire();
    return nullptr;
  }
  Member* member = resting_.back();
  resting_.pop_back();
  member->is_called = true;
  somebody_comes_ = true;
  return member;
}

void Committer::hire() {
  auto member = std::make_unique<Member>();
  try {
    member->thread = std::thread([this, self = member.get()] { run_member(*self); });
  } catch (const std::system_error&) {  // the one way in which the library tells it
    return;
  }
  crew_.push_back(std::move(member));
  somebody_comes_ = true;
}

bool Committer::can_sync() const {
  // A member that syncs has a place for its document among the synced.
  return !waiting_.empty() && syncing_ < limits_.sync_threads &&
         synced_.size() + syncing_ < limits_.synced_documents + limits_.sync_threads;
}

bool Committer::can_publish() const { return !is_publishing_ && !synced_.empty(); }

bool Committer::is_finished() const {
  return stopping_ && waiting_.empty() && syncing_ == 0 && synced_.empty() && !is_publishing_;
}

// ---- syncing ----

void Committer::write_and_sync(Upload& upload) {
  if (failed_) {
    upload.failure = {Failure::Cause::closed, {}};
  } else if (const auto written = upload.document.write_out(); !written) {
    upload.failure = {Failure::Cause::storage, written.error()};
  } else if (const auto synced = upload.document.sync(); !synced) {
    failed_ = true;
    upload.failure = {Failure::Cause::sync, synced.error()};
  }
}

// ---- publishing ----

void Committer::commit(Uploads& batch) {
  // After a failed sync nothing more gets a name: its directory sync would be a repetition, or would trust a
  // device that has just lost data.
  const bool closed = failed_;
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
  batch.clear();
}

void Committer::publish(Upload& upload) {
  Error error;
  for (int draw = 0; draw < kMaximumDraws; ++draw) {
    std::string name = names_.next(wall_now());
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

void Committer::withdraw(Uploads& batch, const Error& error) {
  failed_ = true;
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

http::Response Committer::verdict(Upload& upload) {
  if (!upload.failure) return created(url_path_, std::move(upload.name));
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

}  // namespace bobbin::uploads

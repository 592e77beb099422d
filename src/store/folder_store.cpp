#include "store/folder_store.h"

#include <cerrno>
#include <fmt/format.h>
#include <utility>

#include "store/document.h"
#include "store/journal_committer.h"
#include "store/journal_meter.h"

namespace bobbin::store {
namespace {

using observe::Event;

/// Documents that have been begun are finished while the server stops.
executor::Lane& writing_lane(executor::Executor& executor, const Folder& folder,
                             const FolderStore::Limits& limits) {
  return executor.lane(
      folder.device(), "write",
      {.parallel = limits.writing_documents, .waiting = limits.waiting_documents, .runs_at_shut_down = true});
}

/// How documents are kept in this folder: never `automatic`.
Durability resolve(const FolderStore::Limits& limits, const Folder& folder, observe::LogWriter& log) {
  const Durability wanted = limits.inbox.keeps_records() ? Durability::journal : limits.durability;
  if (wanted == Durability::files) return wanted;
  const std::string obstacle = folder.journal_obstacle();
  if (obstacle.empty()) return Durability::journal;
  if (wanted == Durability::journal) {
    log.write(Event::journal_unreliable,
              fmt::format("Warning: the journal in '{}' cannot be relied on: {}", folder.path(), obstacle));
    return wanted;
  }
  log.write(Event::journal_not_used,
            fmt::format("Each document in '{}' is synced by itself, without a journal: {}", folder.path(),
                        obstacle));
  return Durability::files;
}

std::unique_ptr<Committer> make_committer(Folder& folder, executor::Executor& executor,
                                          observe::LogWriter& log, observe::Registry& registry,
                                          observe::State& state, const FolderStore::Limits& limits,
                                          Durability durability) {
  if (durability == Durability::journal) {
    JournalCommitter::Limits journal;
    journal.after_sync_failure = limits.after_sync_failure;
    return std::make_unique<JournalCommitter>(folder, executor, log, registry, state, limits.inbox, journal);
  }
  FileCommitter::Limits files = limits.committer;
  files.after_sync_failure = limits.after_sync_failure;
  return std::make_unique<FileCommitter>(folder, executor, log, registry, state, files);
}

}  // namespace

Result<std::shared_ptr<FolderStore>> FolderStore::create(std::shared_ptr<Folder> folder,
                                                         executor::Executor& executor, Logs logs,
                                                         observe::Registry& registry, const Limits& limits) {
  auto store = std::make_shared<FolderStore>(std::move(folder), executor, logs, registry, limits);
  if (!limits.has_predecessor) TRY(store->start());
  return store;
}

Result<void> FolderStore::start() {
  switch (TRY(folder_->own())) {
    case Ownership::another_process:
      log_.write(Event::folder_occupied,
                 fmt::format("Warning: another server stores documents in '{}': uploads "
                             "are answered 503 until it has ended",
                             folder_->path()));
      reported_state_.set("occupied");
      return {};
    case Ownership::unknown:
      log_.write(Event::folder_without_locks,
                 fmt::format("Warning: the file system of '{}' has no locks: make sure that "
                             "only one server stores documents there",
                             folder_->path()));
      break;
    case Ownership::ours: break;
  }
  if (const auto prepared = prepare(); !prepared) {
    if (state() != State::full) return failure(prepared.error());
    log_.write(Event::disk_full_at_start,
               fmt::format("Warning: no document can be stored in '{}' until there is "
                           "space: {}",
                           folder_->path(), prepared.error().message()));
  }
  return {};
}

FolderStore::FolderStore(std::shared_ptr<Folder> folder, executor::Executor& executor, Logs logs,
                         observe::Registry& registry, const Limits& limits)
    : folder_(std::move(folder)),
      log_(logs.store),
      reported_state_(registry.state(kStore, folder_label(*folder_))),
      writing_(writing_lane(executor, *folder_, limits)),
      memory_(limits.memory_bytes),
      disk_(limits.disk_bytes),
      durability_(resolve(limits, *folder_, logs.store)),
      inbox_(limits.inbox),
      piece_bytes_(limits.piece_bytes),
      after_sync_failure_(limits.after_sync_failure),
      committer_(
          make_committer(*folder_, executor, logs.committer, registry, reported_state_, limits, durability_)),
      schedule_(limits.proof_pauses) {}

FolderStore::~FolderStore() { reported_state_.set({}); }

DocumentStore::State FolderStore::state() const {
  switch (tenure_.load()) {
    case Tenure::none:
    case Tenure::being_prepared: return holds_ ? State::open : State::occupied;
    case Tenure::full: return State::full;
    case Tenure::handed_over: return State::open;
    case Tenure::being_proved:
    case Tenure::ours:
      return committer_->is_open() ? State::open : lacks_space_ ? State::full : State::closed;
    case Tenure::unusable: break;
  }
  return State::closed;
}

Draft FolderStore::begin(std::uint64_t announced_bytes) {
  return Draft(std::make_shared<Document>(shared_from_this(), announced_bytes));
}

Result<void> FolderStore::prepare() {
  Result<void> prepared = folder_->prepare();
  if (prepared) prepared = committer_->prepare();
  // Reported first: from its tenure on, the committer says how the folder is.
  if (prepared) {
    reported_state_.set("open");
    set_tenure(Tenure::ours);
  } else {
    const bool is_full = is_out_of_space(prepared.error());
    reported_state_.set(is_full ? "full" : "closed");
    set_tenure(is_full ? Tenure::full : Tenure::unusable);
  }
  return prepared;
}

void FolderStore::try_to_take_over() {
  const Tenure before = tenure_;
  if (before == Tenure::none) {
    const Result<Ownership> owned = folder_->own();
    if (!owned || *owned == Ownership::another_process) return;
  } else if (before != Tenure::full) {
    return;
  }
  set_tenure(Tenure::being_prepared);
  // Without a thread a later attempt may find one.
  if (!writing_.run([self = shared_from_this(), before] { self->take_over(before); })) set_tenure(before);
}

void FolderStore::take_over(Tenure before) {
  const auto prepared = prepare();
  submit_held();
  if (prepared) {
    before == Tenure::full
        ? log_.write(Event::disk_has_space,
                     fmt::format("There is space again in '{}': uploads are taken", folder_->path()))
        : log_.write(Event::folder_taken_over,
                     fmt::format("The other server has given '{}' up: uploads are taken", folder_->path()));
  } else if (tenure_ == Tenure::unusable || before != Tenure::full) {
    const bool is_full = tenure_ == Tenure::full;
    log_.write(is_full ? Event::disk_full : Event::folder_unusable,
               fmt::format("No document can be stored in '{}'{}: {}", folder_->path(),
                           is_full ? " until there is space" : "", prepared.error().message()));
  }
}

void FolderStore::set_tenure(Tenure tenure) {
  tenure_ = tenure;
  tenure_.notify_all();
}

void FolderStore::stop() {
  if (tenure_ != Tenure::handed_over) committer_->stop(shared_from_this());
}

// ---- documents, and who stores them ----

void FolderStore::set_route(Route route) {
  route_ = route;
  holds_ = route == Route::held;
}

void FolderStore::submit(std::shared_ptr<Document> document, Document::Done done) {
  std::shared_ptr<Successor> successor;
  {
    const Lock lock(route_mutex_);
    if (route_ == Route::committer) return submit_to_committer({std::move(document), std::move(done)});
    if (route_ == Route::held) {
      held_.push_back({std::move(document), std::move(done)});
      return;
    }
    successor = successor_;
  }
  successor->take(std::move(document), std::move(done));
}

/// One that has not been prepared knows nothing of what the folder holds, and would begin anew.
void FolderStore::submit_to_committer(Held held) {
  const Tenure tenure = tenure_;
  if (tenure == Tenure::ours || tenure == Tenure::being_proved)
    return committer_->submit(std::move(held.document), std::move(held.done));
  held.document->discard();
  held.done(failure(NotStored{NotStored::Reason::closed}));
}

void FolderStore::submit_held() {
  const Lock lock(route_mutex_);
  if (route_ != Route::held) return;
  set_route(Route::committer);
  for (Held& held : held_) submit_to_committer(std::move(held));
  held_.clear();
}

bool FolderStore::hand_over(std::function<void()> handed_over) {
  {
    const Lock lock(route_mutex_);
    set_route(Route::held);
  }
  return writing_.run([self = shared_from_this(), handed_over = std::move(handed_over)] {
    self->release();
    handed_over();
  });
}

void FolderStore::release() {
  for (Tenure tenure = tenure_; tenure == Tenure::being_prepared || tenure == Tenure::being_proved;
       tenure = tenure_)
    tenure_.wait(tenure);
  committer_->release();
  folder_->disown();
  set_tenure(Tenure::handed_over);
}

void FolderStore::deliver_to(const std::shared_ptr<Successor>& successor) {
  std::deque<Held> held;
  {
    const Lock lock(route_mutex_);
    set_route(Route::successor);
    successor_ = successor;
    held.swap(held_);
  }
  for (Held& each : held) successor->take(std::move(each.document), std::move(each.done));
}

void FolderStore::take_back() {
  if (tenure_ != Tenure::handed_over) return submit_held();
  set_tenure(Tenure::none);
  try_to_take_over();
}

void FolderStore::tick() {
  if (tenure_ == Tenure::handed_over) return;
  committer_->tick(shared_from_this());
  if (tenure_ != Tenure::ours || committer_->is_open() || after_sync_failure_ != AfterSyncFailure::reopen)
    return;
  switch (schedule_.next(monotonic_now())) {
    case ReopenSchedule::Step::wait: return;
    case ReopenSchedule::Step::give_up: return say_given_up("the disk has failed again");
    case ReopenSchedule::Step::prove: break;
  }
  set_tenure(Tenure::being_proved);
  // Without a thread a later attempt may find one.
  if (!writing_.run([self = shared_from_this()] { self->prove(); })) set_tenure(Tenure::ours);
}

void FolderStore::prove() {
  const Result<void> opened = try_to_reopen();
  const Instant now = monotonic_now();
  const bool lacks_space = !opened && is_out_of_space(opened.error());
  const bool lacked_space = lacks_space_.exchange(lacks_space);
  if (!opened) reported_state_.set(lacks_space ? "full" : "closed");
  if (opened) {
    schedule_.passed(now);
    log_.write(Event::disk_recovered,
               fmt::format("The disk of '{}' stores again: what was written to it was read back. Uploads are "
                           "taken; those that were refused are not stored",
                           folder_->path()));
  } else if (lacks_space) {
    schedule_.put_off(now);
    if (!lacked_space)
      log_.write(Event::disk_full, fmt::format("No document can be stored in '{}' until there is space: {}",
                                               folder_->path(), opened.error().message()));
  } else if (opened.error().code == EBUSY) {
    schedule_.put_off(now);
  } else if (const auto pause = schedule_.failed(now)) {
    log_.write(Event::disk_failing,
               fmt::format("The disk of '{}' does not store: {}. It is tried again in {} s", folder_->path(),
                           opened.error().message(), std::chrono::ceil<seconds>(*pause).count()));
  } else {
    say_given_up(opened.error().message());
  }
  set_tenure(Tenure::ours);
}

Result<void> FolderStore::try_to_reopen() {
  TRY(folder_->prove());
  return committer_->reopen();
}

void FolderStore::say_given_up(const std::string& reason) {
  log_.write(Event::disk_given_up,
             fmt::format("The disk of '{}' cannot be relied on ({}): uploads are refused until the server is "
                         "restarted",
                         folder_->path(), reason));
}

}  // namespace bobbin::store

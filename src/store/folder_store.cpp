#include "store/folder_store.h"

#include <fmt/format.h>
#include <utility>

#include "store/document.h"
#include "store/journal_committer.h"

namespace bobbin::store {
namespace {

using observe::LogLevel;

/// Documents that have been begun are finished while the server stops.
executor::Lane& writing_lane(executor::Executor& executor, const Folder& folder,
                             const FolderStore::Limits& limits) {
  return executor.lane(
      folder.device(), "write",
      {.parallel = limits.writing_documents, .waiting = limits.waiting_documents, .runs_at_shut_down = true});
}

std::unique_ptr<Committer> make_committer(Folder& folder, executor::Executor& executor,
                                          observe::LogWriter& log, observe::Registry& registry,
                                          observe::State& state, const FolderStore::Limits& limits) {
  if (limits.durability == Durability::journal)
    return std::make_unique<JournalCommitter>(folder, executor, log, registry, state,
                                              JournalCommitter::Limits());
  return std::make_unique<FileCommitter>(folder, executor, log, registry, state, limits.committer);
}

}  // namespace

Result<std::shared_ptr<FolderStore>> FolderStore::create(std::shared_ptr<Folder> folder,
                                                         executor::Executor& executor,
                                                         observe::LogWriter& log, observe::Registry& registry,
                                                         Limits limits) {
  auto store = std::make_shared<FolderStore>(std::move(folder), executor, log, registry, limits);
  switch (TRY(store->folder_->own())) {
    case Ownership::another_process:
      log.write(LogLevel::warning, fmt::format("Warning: another server stores documents in '{}': uploads "
                                               "are answered 503 until it has ended",
                                               store->folder_->path()));
      store->reported_state_.set("occupied");
      return store;
    case Ownership::unknown:
      log.write(LogLevel::warning,
                fmt::format("Warning: the file system of '{}' has no locks: make sure that "
                            "only one server stores documents there",
                            store->folder_->path()));
      break;
    case Ownership::ours: break;
  }
  TRY(store->prepare());
  return store;
}

FolderStore::FolderStore(std::shared_ptr<Folder> folder, executor::Executor& executor,
                         observe::LogWriter& log, observe::Registry& registry, Limits limits)
    : folder_(std::move(folder)),
      log_(log),
      reported_state_(registry.state("bobbin_store", "folder=\"" + folder_->path() + "\"")),
      writing_(writing_lane(executor, *folder_, limits)),
      memory_(limits.memory_bytes),
      disk_(limits.disk_bytes),
      durability_(limits.durability),
      committer_(make_committer(*folder_, executor, log, registry, reported_state_, limits)) {}

DocumentStore::State FolderStore::state() const {
  switch (tenure_.load()) {
    case Tenure::none:
    case Tenure::being_prepared: return State::occupied;
    case Tenure::ours: return committer_->is_open() ? State::open : State::closed;
    case Tenure::unusable: break;
  }
  return State::closed;
}

Draft FolderStore::begin(std::uint64_t announced_bytes) {
  return Draft(std::make_shared<Document>(shared_from_this(), announced_bytes));
}

Result<void> FolderStore::prepare() {
  TRY(folder_->prepare());
  TRY(committer_->prepare());
  tenure_ = Tenure::ours;
  reported_state_.set("open");
  return {};
}

void FolderStore::try_to_take_over() {
  if (tenure_ != Tenure::none) return;
  const Result<Ownership> owned = folder_->own();
  if (!owned || *owned == Ownership::another_process) return;
  tenure_ = Tenure::being_prepared;
  const auto take_over = [self = shared_from_this()] {
    if (const auto prepared = self->prepare(); !prepared) {
      self->tenure_ = Tenure::unusable;
      self->reported_state_.set("closed");
      self->log_.write(LogLevel::error,
                       fmt::format("The other server has given '{}' up, but it cannot be used: {}",
                                   self->folder_->path(), prepared.error().message()));
      return;
    }
    self->log_.write(LogLevel::info, fmt::format("The other server has given '{}' up: uploads are taken",
                                                 self->folder_->path()));
  };
  if (!writing_.run(take_over)) tenure_ = Tenure::none;  // a later attempt may find a thread
}

}  // namespace bobbin::store
